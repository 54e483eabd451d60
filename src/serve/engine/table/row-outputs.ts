import type { AppendedValues } from '../../../data/append-cells.ts';
import type { FeedData, FeedDtype } from '../../../onnx/feeds/feed-dtypes.ts';
import { float16Value } from '../../../onnx/tensors/half-floats.ts';
import type { BoundInput } from '../../../predict/columns/binding.ts';
import { rowWidth } from '../../../predict/columns/outputs.ts';
import type { Given, ServedModel } from '../codec.ts';
import { badRequest, shown } from '../refusal.ts';
import { shapeText } from '../tensors-in.ts';

/** An output of a model, row by row. */
export interface RowOutput {
  name: string;
  type: FeedDtype;
  /** Values per row. */
  width: number;
  /** The shape of one row; empty: one value. */
  rowShape: readonly number[];
  data: FeedData;
  /** A different name for each value. */
  classes: readonly string[] | undefined;
}

/**
 * The outputs of all rows of a request; what a padded batch has beyond them is left in `data`.
 * Refused if an output has no part for each row.
 */
export function rowOutputs(
  outputs: readonly Given[],
  wanted: readonly number[],
  model: Pick<ServedModel, 'outputs'>,
  rows: number,
  { inputs, batch }: { inputs: readonly Pick<BoundInput, 'batched'>[]; batch: number | null },
): RowOutput[] {
  return outputs.map(({ type, dims, data }, at) => {
    const { name, classes } = model.outputs[wanted[at] as number] as ServedModel['outputs'][number];
    const fed = batch ?? rows;
    const width = rowWidth(dims, fed, inputs);
    if (width === null)
      throw badRequest(
        `the output ${shown(name)} has the shape ${shapeText(dims)} for ${fed} rows, so it has no part for each row: ask /v2/models/NAME/infer`,
      );
    const inner = dims.length > 0 && dims[0] === fed ? dims.slice(1) : dims;
    const distinct = classes?.length === width && width > 1 && new Set(classes).size === width;
    return {
      name,
      type,
      width,
      rowShape: width === 1 ? [] : inner,
      data,
      classes: distinct ? classes : undefined,
    };
  });
}

/** An output as cells. */
export function appended({ type, width, data }: RowOutput): AppendedValues {
  if (type === 'float16')
    return { type: 'float32', width, data: Float32Array.from(data as Uint16Array, float16Value) };
  const isNamed = type === 'float32' || type === 'float64' || type === 'bool' || type === 'string';
  return { type: isNamed ? type : 'integer', width, data };
}
