import type { FeedDtype } from '../../onnx/feeds/feed-dtypes.ts';
import type { PlannedValue } from './plan.ts';

/** The datatypes of the Open Inference Protocol, by ours. */
export const datatypes: Readonly<Record<FeedDtype, string>> = {
  float32: 'FP32',
  float64: 'FP64',
  float16: 'FP16',
  int8: 'INT8',
  int16: 'INT16',
  int32: 'INT32',
  int64: 'INT64',
  uint8: 'UINT8',
  uint16: 'UINT16',
  uint32: 'UINT32',
  uint64: 'UINT64',
  bool: 'BOOL',
  string: 'BYTES',
};

const dtypes = new Map(Object.entries(datatypes).map(([dtype, name]) => [name, dtype as FeedDtype]));

/** Undefined for a text that is no datatype. */
export function dtypeOf(datatype: unknown): FeedDtype | undefined {
  return typeof datatype === 'string' ? dtypes.get(datatype) : undefined;
}

/** `FP32 [-1,64]`, as messages say what is expected. */
export function describeValue({ dtype, shape }: PlannedValue): string {
  const type = dtype === null ? 'any datatype' : datatypes[dtype];
  return shape === null ? `${type} of any shape` : `${type} [${openShape(shape).join(',')}]`;
}

/** With -1 for a size that the model leaves open. */
export function openShape(shape: PlannedValue['shape']): number[] {
  return (shape ?? []).map((size) => size ?? -1);
}
