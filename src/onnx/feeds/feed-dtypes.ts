import type { ElementArray, ElementType } from '../../core/element-types.ts';
import { MlregError } from '../../core/errors.ts';
import { quote } from '../../core/text/quote.ts';
import type { Signature, ValueInfo } from '../../core/versions/signature.ts';

/**
 * Element types that onnxruntime-node 1.30 accepts and returns, each with its own JavaScript array.
 */
export type FeedDtype = ElementType;

/** Float16 as its bits, booleans as 0 and 1, strings as an array. */
export type FeedData = ElementArray;

/** A tensor: its elements in row-major order. */
export interface TensorValue {
  dtype: FeedDtype;
  shape: number[];
  data: FeedData;
}

/** Strings count as 16 bytes each. */
export const elementBytes: Record<FeedDtype, number> = {
  float32: 4,
  float64: 8,
  float16: 2,
  int8: 1,
  int16: 2,
  int32: 4,
  int64: 8,
  uint8: 1,
  uint16: 2,
  uint32: 4,
  uint64: 8,
  bool: 1,
  string: 16,
};

export function isFeedDtype(dtype: string | null): dtype is FeedDtype {
  return dtype !== null && Object.hasOwn(elementBytes, dtype);
}

/** Zeros for this many elements. */
export function allocateData(
  dtype: Exclude<FeedDtype, 'string'>,
  count: number,
): Exclude<FeedData, string[]> {
  switch (dtype) {
    case 'float32':
      return new Float32Array(count);
    case 'float64':
      return new Float64Array(count);
    case 'float16':
      return new Uint16Array(count);
    case 'int8':
      return new Int8Array(count);
    case 'int16':
      return new Int16Array(count);
    case 'int32':
      return new Int32Array(count);
    case 'int64':
      return new BigInt64Array(count);
    case 'uint16':
      return new Uint16Array(count);
    case 'uint32':
      return new Uint32Array(count);
    case 'uint64':
      return new BigUint64Array(count);
    case 'uint8':
    case 'bool':
      return new Uint8Array(count);
  }
}

/**
 * Further types that onnxruntime-node 1.30 can load; it aborts when it has to return a tensor of
 * such a type.
 */
const alsoLoadable = new Set(['int4', 'uint4']);

/** Whether any golden set could run on this model and have an output compared. */
export function isTestable(signature: Signature): boolean {
  const { inputs, outputs } = signature;
  return (
    foreignValue(signature) === undefined &&
    inputs.every((input) => input.hasDefault === true || mayBeFed(input)) &&
    outputs.some(mayBeFed)
  );
}

/** True also if the model does not declare the type: then a golden set decides. */
function mayBeFed({ type, dtype }: ValueInfo): boolean {
  return type === 'unknown' || (type.startsWith('tensor(') && (dtype === null || isFeedDtype(dtype)));
}

/**
 * The first input or output, fetched or not, whose type makes onnxruntime-node refuse the whole
 * model with only "Unsupported data type: 16" as the message. It does not treat inputs with a
 * default as inputs.
 */
export function foreignValue({ inputs, outputs }: Signature): ValueInfo | undefined {
  return [...inputs.filter(({ hasDefault }) => hasDefault !== true), ...outputs].find(
    ({ dtype }) => dtype !== null && !isFeedDtype(dtype) && !alsoLoadable.has(dtype),
  );
}

/**
 * Fetches only tensors whose type has a JavaScript array: sequences and maps, such as ZipMap's,
 * make onnxruntime-node's run() throw, and int4 ends the process. The session decides about outputs
 * that the model declares without a type. INVALID_INPUT if no output is left, and if a type
 * prevents the model from loading.
 */
export function chooseOutputs(signature: Signature): { fetched: string[]; skipped: string[] } {
  const foreign = foreignValue(signature);
  if (foreign !== undefined) {
    throw new MlregError(
      'INVALID_INPUT',
      `${quote(foreign.name)} is ${foreign.type}; onnxruntime-node does not load models with inputs or outputs of this type`,
      { hint: 'export the model with a Cast to float32' },
    );
  }
  const { outputs } = signature;
  const isFetchable = ({ type, dtype }: ValueInfo): boolean =>
    type === 'unknown' || (type.startsWith('tensor(') && isFeedDtype(dtype));
  const fetched = outputs.filter(isFetchable).map(({ name }) => name);
  const skipped = outputs.filter((output) => !isFetchable(output)).map(({ name }) => name);
  if (fetched.length > 0) return { fetched, skipped };
  throw new MlregError(
    'INVALID_INPUT',
    `the model has no output that onnxruntime-node can return: ${outputs.map(({ name, type }) => `${quote(name)} is ${type}`).join(', ')}`,
    {
      hint: 'export the model with a numeric, bool or string tensor output (scikit-learn: zipmap=False)',
    },
  );
}
