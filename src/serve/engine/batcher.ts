import { allocateData } from '../../onnx/feeds/feed-dtypes.ts';
import type { Feeds, FedTensor } from '../../runtime/child/repeated-model.ts';
import { releaseOutputs, type Outputs } from '../../runtime/child/session.ts';
import { noRun } from '../../runtime/session/frames.ts';
import { addFailure } from '../../runtime/session/reply-buffer.ts';
import type { Replies, SessionRequest } from '../../runtime/session/session-kind.ts';
import type { Asked, Codec, Given, ServedModel } from './codec.ts';
import { Refusal } from './refusal.ts';
import { tensor } from './tensors-in.ts';

/** A decoded request that waits for its run. */
interface Ready {
  request: SessionRequest;
  codec: Codec;
  asked: Asked;
  /** The first dimension of its inputs; 0: it cannot be joined with others. */
  rows: number;
  /** What reading it took. */
  inputMicros: number;
}

export interface BatcherOptions {
  /** By the `kind` of requests. */
  codecs: readonly (Codec | undefined)[];
  model: ServedModel;
  /** Runs for all outputs of the model. */
  run: (feeds: Feeds) => Outputs | Promise<Outputs>;
  /** Whether requests may run together. */
  joins: boolean;
}

/**
 * Answers the requests of a turn. Those that fit together run as one batch, up to `maxBatch` rows;
 * nobody waits for more to come. If a batch fails, its requests run again, each by itself, so that
 * only what is at fault fails.
 */
export function openBatcher({ codecs, model, run, joins }: BatcherOptions) {
  const { plan, outputs } = model;
  return async (requests: readonly SessionRequest[], replies: Replies): Promise<void> => {
    const groups: Ready[][] = [];
    for (const request of requests) {
      const ready = decode(request, replies);
      if (ready === undefined) continue;
      const joined = ready.rows === 0 ? undefined : groups.find((group) => fits(group, ready));
      if (joined === undefined) groups.push([ready]);
      else joined.push(ready);
    }
    for (const group of groups) {
      if (group.length === 1 || !(await runTogether(group, replies)))
        for (const one of group) await runAlone(one, replies);
    }
  };

  function decode(request: SessionRequest, replies: Replies): Ready | undefined {
    try {
      const started = performance.now();
      const codec = codecs[request.kind];
      if (codec === undefined) throw new Error(`no codec ${request.kind}`);
      const asked = codec.decode(request, model);
      const rows = joins && !request.alone ? rowsOf(asked.inputs) : 0;
      return { request, codec, asked, rows, inputMicros: (performance.now() - started) * 1000 };
    } catch (error) {
      fail(request, error, replies);
      return undefined;
    }
  }

  function fits(group: readonly Ready[], { asked, rows }: Ready): boolean {
    const first = group[0] as Ready;
    if (first.rows === 0) return false;
    let sum = rows;
    for (const one of group) sum += one.rows;
    if (sum > plan.maxBatch) return false;
    for (let at = 0; at < asked.inputs.length; at++) {
      const [a, b] = [first.asked.inputs[at] as FedTensor, asked.inputs[at] as FedTensor];
      if (a.type !== b.type || a.dims.length !== b.dims.length) return false;
      for (let axis = 1; axis < a.dims.length; axis++) if (a.dims[axis] !== b.dims[axis]) return false;
    }
    return true;
  }

  function feedsOf(inputs: readonly FedTensor[]): Feeds {
    const feeds: Feeds = {};
    for (let at = 0; at < inputs.length; at++)
      feeds[(plan.inputs[at] as (typeof plan.inputs)[number]).name] = inputs[at] as FedTensor;
    return feeds;
  }

  async function runAlone(one: Ready, replies: Replies): Promise<void> {
    const { request, asked } = one;
    try {
      const started = performance.now();
      const running = run(feedsOf(asked.inputs));
      const given = running instanceof Promise ? await running : running;
      const about = aboutRun(one, 1, started);
      const wanted = asked.wanted.map((at) => outputOf(given, at));
      answer(one, wanted, about, replies);
      await releaseOutputs(given);
    } catch (error) {
      fail(request, error, replies);
    }
  }

  /** False if the requests have to run one by one. */
  async function runTogether(group: readonly Ready[], replies: Replies): Promise<boolean> {
    const rows = group.reduce((sum, one) => sum + one.rows, 0);
    const started = performance.now();
    let all: Given[];
    let given: Outputs;
    try {
      const inputs = plan.inputs.map((_, at) =>
        concatenate(
          group.map(({ asked }) => asked.inputs[at] as FedTensor),
          rows,
        ),
      );
      const running = run(feedsOf(inputs));
      given = running instanceof Promise ? await running : running;
      all = outputs.map((_, at) => outputOf(given, at));
    } catch {
      return false;
    }
    if (all.some(({ dims }) => dims[0] !== rows)) return false;
    const ended = performance.now();
    let row = 0;
    for (const one of group) {
      const { request, asked, rows: own } = one;
      const from = row;
      row += own;
      try {
        const wanted = asked.wanted.map((at) => rowsOfOutput(all[at] as Given, from, own, rows));
        answer(one, wanted, aboutRun(one, group.length, started, ended), replies);
      } catch (error) {
        fail(request, error, replies);
      }
    }
    await releaseOutputs(given);
    return true;
  }

  function answer(
    { codec, asked }: Ready,
    wanted: readonly Given[],
    about: ReturnType<typeof aboutRun>,
    replies: Replies,
  ): void {
    const started = performance.now();
    replies.add(about, (out) => {
      const head = codec.encode(wanted, asked, model, out);
      // Read when the body is there.
      about.outputMicros = (performance.now() - started) * 1000;
      return head;
    });
  }

  function outputOf(given: Outputs, at: number): Given {
    const { name, tensor: behind } = outputs[at] as (typeof outputs)[number];
    const found = given[behind];
    if (found === undefined) throw new Error(`ONNX Runtime did not return output ${name}`);
    return { type: found.type as Given['type'], dims: found.dims, data: found.data };
  }
}

function aboutRun(
  { request: { id, arrived }, inputMicros }: Ready,
  batch: number,
  started: number,
  ended = performance.now(),
) {
  return {
    id,
    status: 200,
    batch,
    computeMicros: Math.round((ended - started) * 1000),
    waitMicros: Math.round((started - arrived) * 1000),
    inputMicros,
    outputMicros: 0,
  };
}

function fail({ id }: SessionRequest, error: unknown, replies: Replies): void {
  const about = { ...noRun, id };
  if (error instanceof Refusal) return addFailure(replies, { ...about, status: error.status }, error.message);
  const message = error instanceof Error ? error.message : String(error);
  // Sizes that only have to agree with each other are checked by ONNX Runtime.
  const status = /INVALID_ARGUMENT|invalid dimensions|Invalid rank/i.test(message) ? 400 : 500;
  addFailure(replies, { ...about, status }, `the model failed: ${message.slice(0, 1000)}`);
}

/** The first dimension, if all inputs have the same; 0: they do not. */
function rowsOf(inputs: readonly FedTensor[]): number {
  const rows = inputs[0]?.dims[0] ?? 0;
  for (const { dims } of inputs) if (dims[0] !== rows) return 0;
  return rows;
}

function concatenate(parts: readonly FedTensor[], rows: number): FedTensor {
  const [first] = parts as [FedTensor];
  const dims = [rows, ...first.dims.slice(1)];
  if (Array.isArray(first.data))
    return tensor(
      'string',
      dims,
      parts.flatMap(({ data }) => data as string[]),
    );
  const elements = parts.reduce((sum, { data }) => sum + data.length, 0);
  const whole = allocateData(first.type as 'float32', elements) as Float32Array;
  let at = 0;
  for (const { data } of parts) {
    whole.set(data as Float32Array, at);
    at += data.length;
  }
  return tensor(first.type, dims, whole);
}

function rowsOfOutput({ type, dims, data }: Given, from: number, count: number, rows: number): Given {
  const width = data.length / rows;
  const part = Array.isArray(data)
    ? data.slice(from * width, (from + count) * width)
    : data.subarray(from * width, (from + count) * width);
  return { type, dims: [count, ...dims.slice(1)], data: part };
}
