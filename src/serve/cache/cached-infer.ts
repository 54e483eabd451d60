import { hash } from 'node:crypto';
import type { FeedData, FeedDtype } from '../../onnx/feeds/feed-dtypes.ts';
import { noRun } from '../../runtime/session/frames.ts';
import { byteWriter } from '../../runtime/session/reply-buffer.ts';
import type { ModelReply, ModelRequest } from '../../runtime/session/supervise.ts';
import type { Asked, Given, ServedModel } from '../engine/codec.ts';
import { codecIds, codecs } from '../engine/codecs.ts';
import { readTensors, tooLarge, writeTensors } from '../engine/tensors-codec.ts';
import type { Store } from './store.ts';

/** An answer, and where it comes from. */
export interface CachedReply extends ModelReply {
  /** Absent: there is no cache. `bypass`: the cache is not for this request. */
  cache?: 'hit' | 'miss' | 'bypass';
}

/** The most bytes of text, and of all, of a request that is read in the server's own process. */
const mostTextBytes = 1 << 16;
const mostBytes = 1 << 20;
/** The most bytes of tensors that are written out as an answer there. */
const mostAnswerBytes = 1 << 16;
/** Requests that go past the cache after an answer that was too large for it. */
const requestsPast = 1000;

export type Infer = (request: ModelRequest) => Promise<CachedReply>;

export interface CachedOptions {
  /** Everything but the request that an answer depends on. */
  identity: string;
  model: ServedModel;
  infer: (request: ModelRequest) => Promise<ModelReply>;
  store: Store;
}

/**
 * Answers from the cache, and keeps what the model answers. Requests are read here, not beside the
 * model: the same values are one entry in whatever format and order they come, and a hit costs no
 * other process anything. A request that cannot be read, has NaN or is large goes to the model as it
 * came. Answers with NaN and errors are not kept.
 */
export function cachedInfer(options: CachedOptions): Infer {
  const { model, infer, store } = options;
  const identity = hash('sha256', options.identity, 'buffer');
  const question = byteWriter();
  const answer = byteWriter();
  let past = 0;

  async function passBy(request: ModelRequest): Promise<CachedReply> {
    return { ...(await infer(request)), cache: 'bypass' };
  }

  /** The tensors of a request; undefined: it is not one for the cache. */
  function read({ kind, head, body }: ModelRequest): Asked | undefined {
    if (past > 0) {
      past -= 1;
      return undefined;
    }
    const textBytes = kind === codecIds.oip && head > 0 ? head : body.length;
    if (textBytes > mostTextBytes || body.length > mostBytes) return undefined;
    try {
      const asked = codecs[kind]?.decode({ head, body }, model);
      return asked?.inputs.some(hasNaN) === true ? undefined : asked;
    } catch {
      // The engine says what is wrong with it.
      return undefined;
    }
  }

  return async (request) => {
    const since = performance.now();
    const asked = read(request);
    const codec = codecs[request.kind];
    if (asked === undefined || codec === undefined) return passBy(request);
    const written = (tensors: readonly Given[]): Pick<ModelReply, 'head' | 'body'> => {
      answer.at = 0;
      const head = codec.encode(tensors, asked, model, answer);
      return { head, body: Buffer.from(answer.bytes.subarray(0, answer.at)) };
    };
    question.at = 0;
    question.reserve(identity.length);
    question.bytes.set(identity);
    question.at = identity.length;
    writeTensors(asked.wanted, asked.inputs, question);
    const asKey = question.bytes.subarray(0, question.at);
    const key = hash('sha256', asKey, 'base64url');
    const looked = store.get(key);
    let body: Buffer | undefined;
    if (looked !== undefined) {
      // The next request writes over it while this one waits.
      if (looked instanceof Promise) body = Buffer.from(asKey.subarray(identity.length));
      const found = looked instanceof Promise ? await looked : looked;
      const tensors = found === undefined ? undefined : kept(found, asked.wanted);
      if (tensors !== undefined) {
        const totalMs = performance.now() - since;
        return { ...noRun, status: 200, ...written(tensors), totalMs, cache: 'hit' };
      }
    }
    body ??= Buffer.from(asKey.subarray(identity.length));
    const reply = await infer({
      kind: codecIds.tensors,
      head: mostAnswerBytes,
      body,
      isGone: request.isGone,
    });
    if (reply.status !== 200) return { ...reply, cache: 'miss' };
    if (reply.head === tooLarge) {
      past = requestsPast;
      return passBy(request);
    }
    const { tensors } = readTensors(reply.body);
    // A copy of its own: a view would keep all that came with it.
    if (!tensors.some(hasNaN)) store.set(key, Uint8Array.from(reply.body));
    return { ...reply, ...written(tensors), cache: 'miss' };
  };

  /** The outputs in an entry; undefined: what is there is not ours. */
  function kept(found: Uint8Array, wanted: readonly number[]): Given[] | undefined {
    try {
      const { tensors } = readTensors(found);
      return tensors.length === wanted.length ? tensors : undefined;
    } catch {
      return undefined;
    }
  }
}

function hasNaN({ type, data }: { type: FeedDtype; data: FeedData }): boolean {
  if (type === 'float32' || type === 'float64') {
    const floats = data as Float32Array;
    for (let at = 0; at < floats.length; at++) if (floats[at] !== floats[at]) return true;
  } else if (type === 'float16') {
    const bits = data as Uint16Array;
    for (let at = 0; at < bits.length; at++) if (((bits[at] ?? 0) & 0x7fff) > 0x7c00) return true;
  }
  return false;
}

/** Operators whose outputs do not follow from their inputs. */
const random = new Set([
  'Bernoulli',
  'Multinomial',
  'RandomNormal',
  'RandomNormalLike',
  'RandomUniform',
  'RandomUniformLike',
]);

/**
 * Whether the same inputs give the same outputs, as far as the names of operators tell. Dropout can
 * draw numbers, too, but only in a model that was left in training.
 */
export function isRepeatable(operators: Readonly<Record<string, number>>): boolean {
  return !Object.keys(operators).some((name) => random.has(name));
}
