import { MlregError } from '../../core/errors.ts';
import { quote } from '../../core/text/quote.ts';
import type { Dimension, Signature, ValueInfo } from '../../core/versions/signature.ts';
import { type FeedDtype, isFeedDtype } from '../../onnx/feeds/feed-dtypes.ts';

/** What one row of a table gives to an input. */
export interface InputSlot {
  name: string;
  dtype: FeedDtype;
  /** For messages: `input "X" (float32 [batch,64])`. */
  label: string;
  /**
   * Whether the first dimension counts rows. If not, the whole tensor is one row, and a run takes
   * one row.
   */
  batched: boolean;
  /** The number of rows that the model fixes; null: any. */
  batch: number | null;
  /** The dimensions of one row; null: the model declares no rank. */
  rowShape: readonly Dimension[] | null;
  /** How many columns it takes; null: as many as there are. */
  width: number | null;
}

/**
 * What the inputs of a model take from each row. Inputs with a default are left out: ONNX Runtime
 * for Node.js ignores values for them. INVALID_INPUT if a table cannot feed the model: a type
 * without a column, a shape that leaves open how a row's values are arranged.
 */
export function inputSlots(signature: Signature): InputSlot[] {
  const inputs = signature.inputs.filter(({ hasDefault }) => hasDefault !== true).map(feedable);
  if (inputs.length === 0) {
    throw new MlregError('INVALID_INPUT', 'the model has no input that a table could fill', {
      hint: 'mlreg show REF lists its inputs',
    });
  }
  return inputs.map((input) => slotOf(input, inputs, signature));
}

type TableInput = ValueInfo & { dtype: FeedDtype };

function feedable(input: ValueInfo): TableInput {
  const { type, dtype } = input;
  if (type.startsWith('tensor(') && isFeedDtype(dtype)) return { ...input, dtype };
  throw new MlregError(
    'INVALID_INPUT',
    `${labelOf(input)} cannot be filled from a table: its type must be a tensor of numbers, bool or string`,
    { hint: 'export the model with such an input, for example with a Cast from float32' },
  );
}

function labelOf({ name, type, dtype, shape }: ValueInfo): string {
  const shown = shape === null ? '' : ` [${shape.map((size) => size ?? '?').join(',')}]`;
  return `input ${quote(name)} (${dtype ?? type}${shown})`;
}

function slotOf(input: TableInput, inputs: readonly TableInput[], signature: Signature): InputSlot {
  const { name, dtype, shape } = input;
  const slot = { name, dtype, label: labelOf(input) };
  // Exporters also write a rank of 0 for an unknown rank, and ONNX Runtime does not check it.
  if (shape === null || shape.length === 0)
    return { ...slot, batched: shape === null, batch: null, rowShape: null, width: null };
  if (shape.includes(0)) {
    throw new MlregError('INVALID_INPUT', `${slot.label} takes no values: a dimension has size 0`, {
      hint: 'export the model with a dynamic dimension',
    });
  }
  const [first = null, ...rest] = shape;
  if (isOneRow(first, rest, inputs, signature))
    return { ...slot, batched: false, batch: null, ...rowOf(slot.label, shape, null) };
  return {
    ...slot,
    batched: true,
    batch: typeof first === 'number' ? first : null,
    ...rowOf(slot.label, rest, first),
  };
}

/**
 * Whether a fixed first dimension belongs to the row: `[64]` or `[3,224,224]` was exported without
 * a batch. Otherwise another input or an output has the same size first, except that outputs say
 * nothing about a vector, because an autoencoder has one like its input.
 */
function isOneRow(
  first: Dimension,
  rest: readonly Dimension[],
  inputs: readonly TableInput[],
  { outputs }: Signature,
): boolean {
  if (typeof first !== 'number' || first === 1) return false;
  const hasFirst = ({ shape }: ValueInfo): boolean =>
    shape === null || (shape.length > 0 && (typeof shape[0] !== 'number' || shape[0] === first));
  if (rest.length === 0)
    return !inputs.some(({ shape }) => shape !== null && shape.length > 1 && shape[0] === first);
  return !outputs.some(hasFirst);
}

function rowOf(
  label: string,
  rowShape: readonly Dimension[],
  batch: Dimension,
): Pick<InputSlot, 'rowShape' | 'width'> {
  const open = rowShape.filter((size) => typeof size !== 'number');
  const fixed = rowShape.reduce<number>((all, size) => (typeof size === 'number' ? all * size : all), 1);
  if (open.length === 0) return { rowShape, width: fixed };
  const alsoBatch = open.find((size) => size !== null && size === batch);
  if (open.length === 1 && alsoBatch === undefined) return { rowShape, width: null };
  const why =
    alsoBatch === undefined
      ? `${open.length} of its dimensions are dynamic, so the number of values in a row does not tell its shape`
      : `the number of values in a row would be the number of rows, ${quote(String(alsoBatch))}`;
  throw new MlregError('INVALID_INPUT', `${label} cannot be filled from a table: ${why}`, {
    hint: 'export the model with fixed sizes, except for the batch',
  });
}
