import { createRequire } from 'node:module';
import type { InferenceSession } from 'onnxruntime-node';
import type { FeedData, FeedDtype } from '../../onnx/feeds/feed-dtypes.ts';
import { inferenceOf, type Outputs, type Runtime, sessionOptions, type SessionChoices } from './session.ts';

/** A tensor as the native code takes it: data on the CPU. */
export interface FedTensor {
  type: FeedDtype;
  dims: readonly number[];
  data: FeedData;
  location: 'cpu';
}

/** Inputs by their names. */
export type Feeds = Record<string, FedTensor>;

/** A model that is opened once and runs again and again. */
export interface RepeatedModel {
  session: InferenceSession;
  /** A function that runs the model for these outputs; it throws with ONNX Runtime's message. */
  runner(names: readonly string[]): (feeds: Feeds) => Outputs | Promise<Outputs>;
}

/** The part of onnxruntime-node's native session that is used here. */
interface NativeSession {
  run(feeds: Feeds, fetches: object, options: object): Outputs;
}

/** onnxruntime-node's module around its native code, which it does not publish. */
interface Binding {
  binding: { InferenceSession: new () => NativeSession };
}

/**
 * Opens a model, a file or its bytes, for many runs. onnxruntime-node's own session waits for a turn of the event loop
 * before each run and checks everything again: 41 µs for a small network, of which the native call
 * takes 26. So runs go to the native session where this version of onnxruntime-node lets us see it,
 * and else the usual way.
 */
export async function openRepeatedModel(
  runtime: Runtime,
  model: string | Uint8Array,
  choices: SessionChoices,
): Promise<RepeatedModel> {
  const { session, native } = await createSeen(runtime, model, choices);
  return {
    session,
    runner(names) {
      // For an output named `__proto__` see `inferenceOf`.
      if (native === undefined || names.includes('__proto__')) {
        const infer = inferenceOf(session, names);
        return (feeds) =>
          infer(
            Object.fromEntries(
              Object.entries(feeds).map(([name, { type, data, dims }]) => [
                name,
                new runtime.Tensor(type as 'float32', data as Float32Array, dims),
              ]),
            ),
          );
      }
      const fetches = Object.fromEntries(names.map((name) => [name, null]));
      return (feeds) => native.run(feeds, fetches, {});
    },
  };
}

/** Creates a session, and sees the native one that is made for it. */
async function createSeen(
  runtime: Runtime,
  model: string | Uint8Array,
  choices: SessionChoices,
): Promise<{ session: InferenceSession; native: NativeSession | undefined }> {
  const create = (): Promise<InferenceSession> =>
    typeof model === 'string'
      ? runtime.InferenceSession.create(model, sessionOptions(choices))
      : runtime.InferenceSession.create(model, sessionOptions(choices));
  const module = nativeModule();
  if (module === undefined) return { session: await create(), native: undefined };
  const { InferenceSession: Native } = module;
  let native: NativeSession | undefined;
  module.InferenceSession = new Proxy(Native, {
    construct: (target) => (native = new target()),
  });
  try {
    return { session: await create(), native };
  } finally {
    module.InferenceSession = Native;
  }
}

function nativeModule(): Binding['binding'] | undefined {
  try {
    const require = createRequire(createRequire(import.meta.url).resolve('onnxruntime-node'));
    const file = './binding.js';
    const { binding } = require(file) as Partial<Binding>;
    return typeof binding?.InferenceSession?.prototype.run === 'function' ? binding : undefined;
  } catch {
    return undefined;
  }
}
