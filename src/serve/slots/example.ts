import { statSync } from 'node:fs';
import type { FedTensor } from '../../runtime/child/repeated-model.ts';
import type { TensorValue } from '../../onnx/feeds/feed-dtypes.ts';
import { readGoldenSet } from '../../onnx/golden/golden-set.ts';
import { byteWriter } from '../../runtime/session/reply-buffer.ts';
import type { GoldenCopy } from '../../registry/verified-copies.ts';
import type { ServedModel } from '../engine/codec.ts';
import { codecIds, codecs } from '../engine/codecs.ts';
import { datatypes } from '../engine/datatypes.ts';
import { mlflowHead } from '../engine/mlflow-codec.ts';
import type { PlannedValue } from '../engine/plan.ts';
import { headOfForm } from '../engine/predict-codec.ts';
import { writeValues } from '../engine/values-out.ts';

/** A tensor as the Open Inference Protocol has it in JSON. */
export interface ExampleTensor {
  name: string;
  datatype: string;
  shape: number[];
  data: unknown[];
}

/** A request that a version answers, from its golden set, as each path takes it. */
export interface Example {
  inputs: ExampleTensor[];
  /** What is expected; empty: not known. */
  outputs: ExampleTensor[];
  /** A body of `/predict`; undefined: rows of a table cannot fill the model. */
  predict: object | undefined;
  /** A body of `/invocations`. */
  invocations: object | undefined;
}

/** People read examples: what is larger than this helps nobody. */
const mostElements = 1024;
const mostFileBytes = 4_000_000;

/**
 * The first case of a golden set that is small and can be written as JSON: one row of it, where rows
 * do not depend on each other. Undefined: there is none. It reads files, so nothing that swaps
 * versions should wait for it.
 */
export function findExample(
  sets: readonly GoldenCopy[],
  model: ServedModel,
  oneRow: boolean,
): Example | undefined {
  const { signature } = model.plan;
  for (const { files } of sets) {
    let bytes = 0;
    for (const file of files.values()) bytes += statSync(file).size;
    if (bytes > mostFileBytes) continue;
    for (const golden of readGoldenSet(files, signature)) {
      if (golden.skipped !== null) continue;
      const inputs = tensorsOf(model.plan.inputs, golden.inputs, oneRow);
      if (inputs === undefined) continue;
      const outputs = tensorsOf(model.outputs, golden.outputs, oneRow) ?? [];
      return { inputs, outputs, ...tableBodies(model, inputs) };
    }
  }
  return undefined;
}

/** Undefined if one of them is missing, too large, or cannot be written as JSON exactly. */
function tensorsOf(
  values: readonly PlannedValue[],
  given: ReadonlyMap<string, { load: () => TensorValue }>,
  oneRow: boolean,
): ExampleTensor[] | undefined {
  const tensors: ExampleTensor[] = [];
  let elements = 0;
  for (const { name } of values) {
    const loaded = given.get(name)?.load();
    if (loaded === undefined) return undefined;
    const { dtype, shape, data } = oneRow ? firstRow(loaded) : loaded;
    elements += data.length;
    if (elements > mostElements) return undefined;
    const out = byteWriter();
    if (writeValues(dtype, data, out) > 0) return undefined;
    const written = JSON.parse(`[${out.bytes.toString('utf8', 0, out.at)}]`) as unknown[];
    if (dtype.includes('int') && !written.every(Number.isSafeInteger)) return undefined;
    tensors.push({ name, datatype: datatypes[dtype], shape, data: written });
  }
  return tensors;
}

function firstRow(value: TensorValue): TensorValue {
  const {
    dtype,
    shape: [rows = 0, ...rest],
    data,
  } = value;
  if (rows === 0) return value;
  return { dtype, shape: [1, ...rest], data: data.slice(0, data.length / rows) };
}

/** A body is shown only if the codec that will get it reads the same tensors from it. */
function tableBodies(
  model: ServedModel,
  inputs: readonly ExampleTensor[],
): Pick<Example, 'predict' | 'invocations'> {
  const head = headOfForm({ format: 'json', sameBack: false, missingIsNan: false });
  const [first] = inputs;
  const columns = inputs.flatMap(({ name, data }) =>
    data.map((value, at): [string, unknown] => [data.length === 1 ? name : `${name}_${at}`, value]),
  );
  const candidates: object[] = [];
  if (first !== undefined && inputs.length === 1) candidates.push({ features: first.data });
  candidates.push({ records: [Object.fromEntries(columns)] });
  const tensors = {
    inputs: Object.fromEntries(inputs.map(({ name, data, shape }) => [name, nest(data, shape)])),
  };
  return {
    predict: candidates.find((body) => reads(codecIds.predict, head, body, model, inputs)),
    invocations: [tensors].find((body) => reads(codecIds.mlflow, mlflowHead.json, body, model, inputs)),
  };
}

function nest(data: readonly unknown[], shape: readonly number[]): unknown {
  const [, ...rest] = shape;
  if (shape.length === 0) return data[0];
  if (rest.length === 0) return data;
  const width = rest.reduce((product, size) => product * size, 1);
  return Array.from({ length: shape[0] ?? 0 }, (_, at) =>
    nest(data.slice(at * width, (at + 1) * width), rest),
  );
}

function reads(
  kind: number,
  head: number,
  body: object,
  model: ServedModel,
  inputs: readonly ExampleTensor[],
): boolean {
  try {
    const asked = codecs[kind]?.decode({ head, body: Buffer.from(JSON.stringify(body)) }, model);
    const oip = codecs[codecIds.oip]?.decode(
      { head: 0, body: Buffer.from(JSON.stringify({ inputs })) },
      model,
    );
    return asked !== undefined && oip !== undefined && sameTensors(asked.inputs, oip.inputs);
  } catch {
    return false;
  }
}

function sameTensors(some: readonly FedTensor[], others: readonly FedTensor[]): boolean {
  return some.every(({ type, dims, data }, at) => {
    const other = others[at];
    return (
      other !== undefined &&
      type === other.type &&
      dims.join() === other.dims.join() &&
      data.length === other.data.length &&
      [...data].every((value, place) => Object.is(value, other.data[place]))
    );
  });
}
