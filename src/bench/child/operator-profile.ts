/**
 * Reads the profile that ONNX Runtime 1.30 writes (onnxruntime/core/common/profiler.cc): a JSON
 * array in Chrome's trace format, one event per line, written when the event ends. ONNX Runtime
 * does not escape node names, which come from the model, so the file is not always valid JSON: a
 * name can contain quotes, newlines and whole events. A line counts as an event only if it has our
 * own process id, which no model can know.
 */

/**
 * Summary of the runs that count. Times are self times: they exclude the nodes of a subgraph, which
 * are counted themselves.
 */
export interface ProfileSummary {
  /** Complete runs, without the skipped ones. */
  runs: number;
  /** Milliseconds per run inside ONNX Runtime (`model_run`). */
  runMs: number;
  /** Milliseconds per run of all nodes. */
  nodesMs: number;
  /** Longest first. */
  operators: OperatorTime[];
  /** The longest ones, longest first. */
  nodes: NodeTime[];
}

export interface OperatorTime {
  op: string;
  /**
   * `ai.onnx`, `ai.onnx.ml` …; null for an operator that the runtime added while optimising the
   * graph: it does not report the domain.
   */
  domain: string | null;
  /** How often it runs per run of the model; more than once in the body of a loop. */
  countPerRun: number;
  msPerRun: number;
  /**
   * Share of the time of all nodes: 0 … 1. The shares add up to 1, or are all 0 if every node took
   * less than a microsecond.
   */
  share: number;
}

export interface NodeTime extends OperatorTime {
  /** The runtime names nodes without a name. Cut after 200 characters. */
  name: string;
}

export interface ProfileChoices {
  /** Of the profiled process. */
  pid: number;
  /** The number of first runs to skip. */
  skip: number;
  /** The model's own operators: domain by name. */
  domains: ReadonlyMap<string, string>;
}

interface Totals {
  op: string;
  name: string;
  count: number;
  us: number;
}

const newline = 0x0a;
const eventStart = Buffer.from('{"cat" : "');
const argsStart = '","args" : {';
const longestEvent = 8 * 2 ** 20;
const longestName = 200;
const nodesKept = 10;
const kernelTime = '_kernel_time';

/**
 * Ignores a last run that is cut off. Throws an Error if the file is not a profile, or if it would
 * fill the memory.
 */
export function summarizeProfile(chunks: Iterable<Uint8Array>, choices: ProfileChoices): ProfileSummary {
  const totals = new Map<string, Totals>();
  let current = new Map<string, Totals>();
  let spans = new Map<string, Span[]>();
  let done = 0;
  let runUs = 0;
  for (const { category, thread, us, start, name, op } of readEvents(chunks, choices.pid)) {
    if (category === 'Node' && op !== null && name.endsWith(kernelTime)) {
      const node = name.slice(0, -kernelTime.length);
      const open = spans.get(thread) ?? [];
      spans.set(thread, open);
      add(current, { op, name: node, count: 1, us: Math.max(0, us - claimInner(open, start)) });
      open.push({ start, us });
    } else if (category === 'Session' && name === 'model_run') {
      if (done++ >= choices.skip) {
        runUs += us;
        for (const each of current.values()) add(totals, each);
      }
      current = new Map();
      spans = new Map();
    }
  }
  const runs = done - choices.skip;
  if (runs <= 0)
    throw new Error('the profile has no complete run: the model has more nodes than ONNX Runtime records');
  return summary([...totals.values()], { runs, runUs, domains: choices.domains });
}

interface Span {
  start: number;
  us: number;
}

/**
 * Microseconds of the nodes inside a node that began at `start` and ends now. Events are written
 * when they end, so inner ones come first.
 */
function claimInner(open: Span[], start: number): number {
  let us = 0;
  for (let last = open.at(-1); last !== undefined && last.start >= start; last = open.at(-1)) {
    us += last.us;
    open.pop();
  }
  return us;
}

function add(totals: Map<string, Totals>, { op, name, count, us }: Totals): void {
  const key = `${op}\0${name}`;
  const known = totals.get(key);
  if (known === undefined) totals.set(key, { op, name, count, us });
  else {
    known.count += count;
    known.us += us;
  }
}

function summary(
  totals: Totals[],
  { runs, runUs, domains }: { runs: number; runUs: number; domains: ProfileChoices['domains'] },
): ProfileSummary {
  const allUs = totals.reduce((sum, { us }) => sum + us, 0);
  const domainOf = ({ op, name }: Totals): string | null =>
    // The runtime's own convolutions and poolings with blocked layout have the names of the model's
    // operators (nchwc_transformer.cc).
    /_nchwc(?:_token_\d+)?$/.test(name) ? null : (domains.get(op) ?? null);
  const time = ({ op, count, us }: Totals, domain: string | null): OperatorTime => ({
    op,
    domain,
    countPerRun: count / runs,
    msPerRun: us / 1000 / runs,
    share: allUs === 0 ? 0 : us / allUs,
  });
  const operators = new Map<string, { totals: Totals; domain: string | null }>();
  for (const each of totals) {
    const domain = domainOf(each);
    const key = `${each.op}\0${domain}`;
    const known = operators.get(key);
    if (known === undefined) operators.set(key, { totals: { ...each }, domain });
    else {
      known.totals.count += each.count;
      known.totals.us += each.us;
    }
  }
  return {
    runs,
    runMs: runUs / 1000 / runs,
    nodesMs: allUs / 1000 / runs,
    operators: [...operators.values()]
      .sort((one, other) => longestFirst(one.totals, other.totals))
      .map(({ totals: each, domain }) => time(each, domain)),
    nodes: totals
      .sort(longestFirst)
      .slice(0, nodesKept)
      .map((each) => ({ name: each.name.slice(0, longestName), ...time(each, domainOf(each)) })),
  };
}

function longestFirst(one: Totals, other: Totals): number {
  return other.us - one.us || other.count - one.count;
}

interface ProfileEvent {
  category: string;
  thread: string;
  us: number;
  start: number;
  name: string;
  op: string | null;
}

function* readEvents(chunks: Iterable<Uint8Array>, pid: number): Generator<ProfileEvent> {
  const head = new RegExp(
    `^\\{"cat" : "(\\w+)","pid" :${pid},"tid" :(\\d+),"dur" :(\\d+),"ts" :(\\d+),"ph" : "X","name" :"`,
  );
  let event: Buffer[] = [];
  let bytes = 0;
  for (const line of readLines(chunks)) {
    if (line.indexOf(eventStart) === 0 && head.test(line.subarray(0, 200).toString('latin1'))) {
      yield* parseEvent(event, head);
      event = [];
      bytes = 0;
    }
    bytes += line.length;
    if (bytes > longestEvent) throw tooLong();
    event.push(line);
  }
  yield* parseEvent(event, head);
}

/** Yields nothing for lines that are not events, such as the enclosing brackets. */
function* parseEvent(lines: Buffer[], head: RegExp): Generator<ProfileEvent> {
  const text = Buffer.concat(lines).toString('utf8');
  const found = head.exec(text);
  const argsAt = text.lastIndexOf(argsStart);
  if (found === null || argsAt < found[0].length) return;
  const [whole, category = '', thread = '', us, start] = found;
  yield {
    category,
    thread,
    us: Number(us),
    start: Number(start),
    name: text.slice(whole.length, argsAt),
    op: /"op_name" : "([^"]*)"/.exec(text.slice(argsAt))?.[1] ?? null,
  };
}

/** Lines, including their line ends. */
function* readLines(chunks: Iterable<Uint8Array>): Generator<Buffer> {
  let rest: Buffer[] = [];
  let bytes = 0;
  for (const chunk of chunks) {
    const buffer = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    let from = 0;
    for (let at = buffer.indexOf(newline); at !== -1; at = buffer.indexOf(newline, from)) {
      yield Buffer.concat([...rest, buffer.subarray(from, at + 1)]);
      rest = [];
      bytes = 0;
      from = at + 1;
    }
    bytes += buffer.length - from;
    if (bytes > longestEvent) throw tooLong();
    // A copy, because the reader may reuse the chunk.
    if (from < buffer.length) rest.push(Buffer.from(buffer.subarray(from)));
  }
  if (rest.length > 0) yield Buffer.concat(rest);
}

function tooLong(): Error {
  return new Error(`the profile has an event of more than ${longestEvent / 2 ** 20} MiB`);
}
