import type { ElementArray } from '../../core/element-types.ts';
import type { Tensor } from 'onnxruntime-node';
import { MlregError } from '../../core/errors.ts';
import { quote } from '../../core/text/quote.ts';
import type { Signature } from '../../core/versions/signature.ts';
import { allocateData, type FeedData, type FeedDtype, isFeedDtype } from '../../onnx/feeds/feed-dtypes.ts';
import { float16Value } from '../../onnx/tensors/half-floats.ts';
import {
  inferenceOf,
  loadRuntime,
  releaseOutputs,
  type Outputs,
  type SessionChoices,
  sessionOptions,
  toTensor,
  versionOf,
} from '../../runtime/child/session.ts';
import { type BoundInput, tensorShape } from '../columns/binding.ts';
import type { FetchedOutput } from '../../onnx/graph/fetched-outputs.ts';
import { type OutputWidth, rowWidth } from '../columns/outputs.ts';

/** A model that runs on batches of rows. */
export interface RowModelSetup {
  modelFile: string;
  session: SessionChoices;
  /** Names of the outputs to fetch. */
  fetches: readonly FetchedOutput[];
  inputs: readonly BoundInput[];
  /** The most rows in a run; if `fixed`, exactly as many. */
  batch: number;
  fixed: boolean;
}

/** An output for the rows of a batch: `width` values a row. Valid until `release`. */
export interface RowOutput {
  name: string;
  dtype: FeedDtype;
  width: number;
  /** The class of each value, if the model names them. */
  classes?: readonly string[];
  /** Can be longer than the rows: a fixed batch is padded. Float16 as its numbers. */
  data: ElementArray;
}

export interface RowModel {
  onnxruntime: string;
  /** The values of each input for a batch, row after row, to be filled before each run. */
  feeds: readonly { input: BoundInput; data: FeedData }[];
  /**
   * Runs on the first `rows` rows of the feeds. Rejects with `ModelFailed` if the model does not take
   * them, and GATE_FAILED if an output is not one per row.
   */
  run(rows: number): Promise<{ outputs: RowOutput[]; release: () => Promise<void> | undefined }>;
}

/** ONNX Runtime could not run the model on some rows; the message says why, in one line. */
export class ModelFailed extends Error {}

export async function openRowModel(setup: RowModelSetup): Promise<RowModel> {
  const { inputs, batch, fixed, fetches } = setup;
  const runtime = await loadRuntime();
  const session = await runtime.InferenceSession.create(setup.modelFile, sessionOptions(setup.session));
  const infer = inferenceOf(session, [...new Set(fetches.map(({ tensor }) => tensor))]);
  const feeds = inputs.map((input) => ({ input, data: allocate(input.dtype, batch * input.columns.length) }));

  /** A model with a fixed batch gets the last row again and again. */
  const tensorOf = (input: BoundInput, data: FeedData, rows: number): Tensor => {
    const width = input.columns.length;
    const fed = fixed ? batch : rows;
    for (let at = rows * width; at < fed * width; at++) data[at] = data[at - width] as never;
    const used = Array.isArray(data) ? data.slice(0, fed * width) : data.subarray(0, fed * width);
    return toTensor(runtime, { dtype: input.dtype, shape: tensorShape(input, fed), data: used });
  };
  const outputOf = (outputs: Outputs, fetched: FetchedOutput, rows: number): RowOutput => {
    const { name, classes } = fetched;
    const tensor = Object.hasOwn(outputs, fetched.tensor) ? outputs[fetched.tensor] : undefined;
    if (tensor === undefined) throw new Error(`ONNX Runtime did not return output ${quote(name)}`);
    const fed = fixed ? batch : rows;
    const width = rowWidth(tensor.dims, fed, inputs);
    if (width === null) throw notPerRow(name, tensor.dims, fed);
    const dtype = tensor.type as FeedDtype;
    const { data } = tensor;
    return {
      name,
      dtype,
      width,
      ...(classes?.length === width ? { classes } : {}),
      data: dtype === 'float16' ? Float32Array.from(data as Uint16Array, float16Value) : data,
    };
  };
  return {
    onnxruntime: versionOf(runtime),
    feeds,
    async run(rows) {
      const outputs = await infer(
        Object.fromEntries(feeds.map(({ input, data }) => [input.name, tensorOf(input, data, rows)])),
      ).catch((error: unknown) => {
        throw new ModelFailed(reasonOf(error), { cause: error });
      });
      return {
        outputs: fetches.map((fetched) => outputOf(outputs, fetched, rows)),
        release: () => releaseOutputs(outputs),
      };
    },
  };
}

/** Without where ONNX Runtime's source says so, and in one line. */
function reasonOf(error: unknown): string {
  const text = (error instanceof Error ? error.message : String(error)).replaceAll(/\s+/g, ' ').trim();
  const [, node, status] =
    /returned while running (\S+) node\. Name:.*? Status Message: (.+)$/.exec(text) ?? [];
  const said = (status ?? text).replace(/^\S*\/\S+:\d+ (?:.*?\) |\S+ )/, '');
  return node === undefined ? said : `${node}: ${said}`;
}

function allocate(dtype: FeedDtype, count: number): FeedData {
  return dtype === 'string' ? Array.from({ length: count }, () => '') : allocateData(dtype, count);
}

function notPerRow(name: string, dims: readonly number[], rows: number): MlregError {
  return new MlregError(
    'GATE_FAILED',
    `output ${quote(name)} has shape [${dims.join(',')}] for ${rows} rows: its first dimension must count them`,
    { hint: 'export the model so that each row has its own outputs' },
  );
}

/** Throws if the model gives another number of values per row than before. */
export function sameOutputs(before: OutputWidth[] | null, now: readonly OutputWidth[]): OutputWidth[] {
  for (const [at, { name, width }] of (before ?? []).entries()) {
    if (now[at]?.width !== width)
      throw new Error(`output ${name} gave ${width} values per row, and then ${now[at]?.width}`);
  }
  return before ?? now.map(({ name, width, classes }) => ({ name, width, classes }));
}

/** The outputs that a model declares; a size that it leaves open is taken for 1. */
export function declaredOutputs(
  { outputs }: Signature,
  fetches: readonly FetchedOutput[],
): Pick<RowOutput, 'name' | 'dtype' | 'width' | 'classes'>[] {
  return fetches.map(({ name, classes }) => {
    const of = classes === null ? {} : { classes };
    const { shape = [], dtype = null } = outputs.find((output) => output.name === name) ?? {};
    // The maps of a ZipMap have no shape, but a value for each class.
    const width = (shape ?? ['N', classes?.length ?? 1])
      .slice(1)
      .reduce<number>((size, one) => size * (typeof one === 'number' ? one : 1), 1);
    return { name, width, dtype: isFeedDtype(dtype) ? dtype : 'float32', ...of };
  });
}
