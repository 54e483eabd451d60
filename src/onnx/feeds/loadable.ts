import type { Signature, ValueInfo } from '../../core/versions/signature.ts';
import { isFeedDtype } from './feed-dtypes.ts';

/** What onnxruntime-node 1.30 can load beside what it can feed, though it aborts when it has to give one back. */
const alsoLoadable = new Set(['int4', 'uint4']);

/** Whether some golden set could be run on such a model, and one of its outputs compared. */
export function isTestable(signature: Signature): boolean {
  const { inputs, outputs } = signature;
  return (
    foreignValue(signature) === undefined &&
    inputs.every((input) => input.hasDefault === true || mayBeFed(input)) &&
    outputs.some(mayBeFed)
  );
}

/** Also where the model does not say what it is: then a golden set does. */
function mayBeFed({ type, dtype }: ValueInfo): boolean {
  return type === 'unknown' || (type.startsWith('tensor(') && (dtype === null || isFeedDtype(dtype)));
}

/**
 * The first input or output, fetched or not, for whose type onnxruntime-node refuses the whole model, saying no more than
 * "Unsupported data type: 16". Inputs with a default are no inputs to it.
 */
export function foreignValue({ inputs, outputs }: Signature): ValueInfo | undefined {
  return [...inputs.filter(({ hasDefault }) => hasDefault !== true), ...outputs].find(
    ({ dtype }) => dtype !== null && !isFeedDtype(dtype) && !alsoLoadable.has(dtype),
  );
}
