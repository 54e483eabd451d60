import type { Device } from '../../core/device.ts';
import type { InferenceSession, Tensor } from 'onnxruntime-node';
import { isFeedDtype, type TensorValue } from '../../onnx/feeds/feed-dtypes.ts';

export type Runtime = typeof import('onnxruntime-node');

/**
 * Loads ONNX Runtime for this thread. Rejects if it is not installed or does not load. If the class
 * Float16Array exists, onnxruntime-common uses it for float16 tensors, which onnxruntime-node 1.30
 * then takes for empty (microsoft/onnxruntime pull request 32323). Without it both use Uint16Array,
 * as on Node 22.
 */
export async function loadRuntime(): Promise<Runtime> {
  Reflect.deleteProperty(globalThis, 'Float16Array');
  return import('onnxruntime-node');
}

/** The version of the native library, such as `1.30.0`. */
export function versionOf({ env: { versions } }: Runtime): string {
  return versions.node ?? versions.common;
}

/**
 * Options of an ONNX Runtime session. All of them are set, so that nothing depends on the machine's
 * defaults, unless the defaults were requested.
 */
export interface SessionChoices {
  /** Null: ONNX Runtime's default. */
  intraOpThreads: number | null;
  interOpThreads: number | null;
  /**
   * Session config entries by their ONNX Runtime key, such as `session.intra_op.allow_spinning`.
   */
  extra: Record<string, string>;
  /** What runs the model. Default: the CPU. Whoever asks for another calls `requireDevice` before. */
  device?: Device | undefined;
}

export function sessionOptions(session: SessionChoices): InferenceSession.SessionOptions {
  return {
    // What a GPU has no kernel for runs on the CPU.
    executionProviders: [session.device ?? 'cpu'],
    ...(session.intraOpThreads === null ? {} : { intraOpNumThreads: session.intraOpThreads }),
    ...(session.interOpThreads === null ? {} : { interOpNumThreads: session.interOpThreads }),
    executionMode: 'sequential',
    graphOptimizationLevel: 'all',
    logSeverityLevel: 3,
    ...(Object.keys(session.extra).length > 0 ? { extra: nest(session.extra) } : {}),
  };
}

/** onnxruntime-node joins nested keys with dots: `{session: {disable_prepacking: '1'}}`. */
function nest(entries: Record<string, string>): Record<string, unknown> {
  const root: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(entries)) {
    const path = key.split('.');
    const last = path.pop() ?? key;
    let level = root;
    for (const part of path) level = (level[part] ??= {}) as Record<string, unknown>;
    level[last] = value;
  }
  return root;
}

export type Outputs = Readonly<Record<string, Tensor>>;

/** A value as an ONNX Runtime tensor. */
export function toTensor(runtime: Runtime, { dtype, shape, data }: TensorValue): Tensor {
  // The constructor's types tie data to dtype; the creator of the value guarantees that.
  return new runtime.Tensor(dtype as 'float32', data as Float32Array, shape);
}

/**
 * The outputs among `names` that the binding can return. For outputs without a declared type, only
 * the session knows.
 */
export function fetchableOutputs(session: InferenceSession, names: readonly string[]): string[] {
  const found = new Map(session.outputMetadata.map((output) => [output.name, output]));
  return names.filter((name) => {
    const output = found.get(name);
    return output === undefined || (output.isTensor && isFeedDtype(output.type));
  });
}

/** The part of onnxruntime-common's sessions that is used here. */
interface Handler {
  run(feeds: InferenceSession.FeedsType, fetches: object, options: object): Promise<Outputs>;
}

const prototypeName = '__proto__';

/** An inference that resolves with the named outputs, as own properties. */
export function inferenceOf(
  session: InferenceSession,
  names: readonly string[],
): (feeds: InferenceSession.FeedsType) => Promise<Outputs> {
  if (!names.includes(prototypeName)) return (feeds) => session.run(feeds, names);
  // onnxruntime-common requests outputs with `fetches[name] = null`, and the binding sets results
  // the same way. For an output named `__proto__`, that requests nothing, and the tensor becomes
  // the prototype.
  const { handler } = session as unknown as { handler: Handler };
  const fetches = Object.fromEntries(names.map((name) => [name, null]));
  return async (feeds) => {
    const given = await handler.run(feeds, fetches, {});
    const odd = Object.getPrototypeOf(given) as Tensor;
    return Object.fromEntries([...Object.entries(given), [prototypeName, odd]]);
  };
}

/** Smaller outputs (total bytes) are left to the garbage collector. */
const leastBytes = 2 ** 20;

/**
 * Returns the memory of large outputs to ONNX Runtime at once; they must not be used afterwards. V8
 * would keep the outputs of several runs, because the objects it sees are small: 64 MB of output
 * took 470 MB. Undefined if there is nothing to wait for; otherwise resolves when the memory is
 * free, so that freeing is not part of the next run.
 */
export function releaseOutputs(outputs: Outputs): Promise<void> | undefined {
  let bytes = 0;
  for (const name in outputs) {
    const { data } = outputs[name] as Tensor;
    if (ArrayBuffer.isView(data)) bytes += data.byteLength;
  }
  if (bytes < leastBytes) return undefined;
  const buffers = Object.values(outputs).flatMap(({ data }) => {
    return ArrayBuffer.isView(data) && data.buffer instanceof ArrayBuffer ? [data.buffer] : [];
  });
  for (const buffer of buffers) if (!buffer.detached) buffer.transfer(0);
  // Node calls the owner's finalizer in the next turn of the event loop.
  return new Promise((resolve) => setImmediate(resolve));
}
