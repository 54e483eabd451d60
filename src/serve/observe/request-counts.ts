import { batchBounds, createHistogram, durationBounds, record, type Histogram } from './histogram.ts';
import type { PartEvent, RequestEvent } from './request-event.ts';

/** `chain`: as a part of a chain. */
type Protocol = RequestEvent['protocol'] | 'chain';

type Counted = PartEvent & { protocol: Protocol };

/** What was counted of one version since the server started. */
export interface VersionCounts {
  /** Both empty: requests for what is not served, so that no client can make labels. */
  readonly model: string;
  readonly version: string;
  /** Answered requests by protocol and status. */
  readonly requests: Readonly<Record<Protocol, Map<number, number>>>;
  /** In seconds, of the requests that were not refused. */
  readonly total: Histogram;
  /** In seconds, of the requests that were run. */
  readonly queue: Histogram;
  readonly compute: Histogram;
  /** Of the runs: a run of 8 requests counts once. */
  readonly batch: Histogram;
  /** Runs by exact number of requests: how many, and their milliseconds in all. */
  readonly batches: Map<number, RunTally>;
  /** Of the requests that were run: reading inputs, and writing answers. */
  input: Tally;
  output: Tally;
  success: Tally;
  failure: Tally;
  timeouts: number;
  cacheHits: number;
  cacheMisses: number;
  /** Epoch milliseconds of the last request; 0: none yet. */
  lastAt: number;
}

/** A number of runs, and their milliseconds in all. */
export interface RunTally {
  runs: number;
  ms: number;
  inputMs: number;
  outputMs: number;
}

/** A number of requests, and their milliseconds in all. */
export interface Tally {
  count: number;
  ms: number;
}

export interface RequestCounts {
  /** Counts a request for an inference, and what the parts of a chain did for it. */
  count: (event: RequestEvent) => void;
  /** In the order of their first request. */
  versions: () => readonly VersionCounts[];
  find: (model: string, version: string) => VersionCounts | undefined;
}

/** A server that follows a stage for months sees many versions; the least recently used goes first. */
const mostVersions = 1000;

export function createRequestCounts(now: () => number = Date.now, most = mostVersions): RequestCounts {
  const models = new Map<string, Map<string, VersionCounts>>();
  const find = (model: string, version: string) => models.get(model)?.get(version);
  const versions = () => [...models.values()].flatMap((byVersion) => [...byVersion.values()]);
  const add = (model: string, version: string): VersionCounts => {
    const known = versions();
    if (known.length >= most) {
      const oldest = known.reduce((a, b) => (b.lastAt < a.lastAt ? b : a));
      models.get(oldest.model)?.delete(oldest.version);
    }
    const made = emptyCounts(model, version);
    const byVersion = models.get(model) ?? new Map<string, VersionCounts>();
    models.set(model, byVersion.set(version, made));
    return made;
  };
  const count = (event: Counted): void => {
    const model = event.model ?? '';
    const version = event.version ?? '';
    addTo(find(model, version) ?? add(model, version), event, now());
  };
  return {
    count(event) {
      count(event);
      for (const part of event.parts ?? []) count({ ...part, protocol: 'chain' });
    },
    versions,
    find,
  };
}

function emptyCounts(model: string, version: string): VersionCounts {
  return {
    model,
    version,
    requests: { rest: new Map(), grpc: new Map(), chain: new Map() },
    total: createHistogram(durationBounds),
    queue: createHistogram(durationBounds),
    compute: createHistogram(durationBounds),
    batch: createHistogram(batchBounds),
    batches: new Map(),
    input: { count: 0, ms: 0 },
    output: { count: 0, ms: 0 },
    success: { count: 0, ms: 0 },
    failure: { count: 0, ms: 0 },
    timeouts: 0,
    cacheHits: 0,
    cacheMisses: 0,
    lastAt: 0,
  };
}

function addTo(counts: VersionCounts, event: Counted, now: number): void {
  const { protocol, code, totalMs, queueMs, computeMs, inputMs, outputMs, batch, cache } = event;
  const byCode = counts.requests[protocol];
  byCode.set(code, (byCode.get(code) ?? 0) + 1);
  const tally = code < 400 ? counts.success : counts.failure;
  add(tally, totalMs);
  counts.lastAt = now;
  if (code === timeout) counts.timeouts += 1;
  if (cache === 'hit') counts.cacheHits += 1;
  else if (cache === 'miss') counts.cacheMisses += 1;
  // A refusal takes no time, and many of them would make an overloaded server look fast.
  if (code < 400 || code === timeout || code === modelFailed) record(counts.total, totalMs / 1000);
  if (queueMs !== null) record(counts.queue, queueMs / 1000);
  if (computeMs !== null) record(counts.compute, computeMs / 1000);
  if (inputMs !== undefined) add(counts.input, inputMs);
  if (outputMs !== undefined) add(counts.output, outputMs);
  if (batch !== null && batch > 0) addRun(counts, batch, event);
}

function add(tally: Tally, ms: number): void {
  tally.count += 1;
  tally.ms += ms;
}

const timeout = 504;
const modelFailed = 500;

/** Each request of a run tells of it. */
function addRun(
  { batch, batches }: VersionCounts,
  requests: number,
  { computeMs, inputMs = 0, outputMs = 0 }: Counted,
): void {
  const share = 1 / requests;
  const ms = computeMs ?? 0;
  record(batch, requests, share);
  const runs = batches.get(requests);
  if (runs === undefined) batches.set(requests, { runs: share, ms: ms * share, inputMs, outputMs });
  else {
    runs.runs += share;
    runs.ms += ms * share;
    runs.inputMs += inputMs;
    runs.outputMs += outputMs;
  }
}
