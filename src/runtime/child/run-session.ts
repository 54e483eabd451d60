import type { InferenceSession, Tensor } from 'onnxruntime-node';
import { isFeedDtype, type TensorValue } from '../../onnx/feeds/feed-dtypes.ts';
import type { Runtime } from './load-runtime.ts';

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
