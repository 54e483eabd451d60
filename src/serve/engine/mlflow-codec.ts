import type { ByteWriter } from '../../runtime/session/session-kind.ts';
import type { FedTensor } from '../../runtime/child/repeated-model.ts';
import type { Asked, Codec, Given, ServedModel } from './codec.ts';
import { badRequest, shown } from './refusal.ts';
import { elementsOf, isObject, membersOf, onlyValue, parseJson, type Span } from './table/find-json.ts';
import { readNested } from './table/read-nested.ts';
import { readDelimited, readRecords, type ReadRows } from './table/read-rows.ts';
import { recordLines, splitLines } from './table/record-lines.ts';
import { rowOutputs } from './table/row-outputs.ts';
import { writeNested, writeRecords, writeText } from './table/write-rows.ts';

/** The head of a frame: what the body is. */
export const mlflowHead = { json: 0, csv: 1 } as const;

const fields = ['dataframe_split', 'dataframe_records', 'instances', 'inputs'] as const;

interface Note {
  /** Of a table, which is answered row by row; undefined: tensors, answered output by output. */
  read: ReadRows | undefined;
}

/**
 * The bodies of `/invocations` of MLflow's scoring server, from version 2.0 on: a table, whose answer
 * is a list of records, or the tensors of `instances` and `inputs`, whose answer is an object of
 * outputs, as MLflow answers for ONNX models. Source: mlflow/pyfunc/scoring_server/__init__.py and
 * `predict` in mlflow/onnx/__init__.py.
 */
export const mlflowCodec: Codec = { decode, encode };

function decode({ body: given, head }: { body: Uint8Array; head: number }, model: ServedModel): Asked {
  const body = Buffer.from(given.buffer, given.byteOffset, given.byteLength);
  // pandas has no empty values but NaN.
  if (head === mlflowHead.csv) return ofRows(readDelimited(body, model.plan, 'nan', 'csv'), model);
  const members = membersOf(body, onlyValue(body), 'the request');
  const present = fields.filter((field) => members.has(field));
  const [field] = present;
  if (field === undefined || present.length > 1)
    throw badRequest(
      `the request must have exactly one of ${fields.map((one) => `"${one}"`).join(', ')}; it has ${[...members.keys()].slice(0, 8).map(shown).join(', ') || 'nothing'}`,
    );
  const params = members.get('params');
  if (params !== undefined && !isEmpty(parseJson(body, params, '"params"')))
    throw badRequest('"params" is not supported: an ONNX model has no parameters');
  const span = members.get(field) as Span;
  return field === 'instances' || field === 'inputs'
    ? {
        inputs: readTensors(body, span, field, model),
        wanted: model.all,
        note: { read: undefined } satisfies Note,
      }
    : ofRows(readTable(body, span, field, model), model);
}

function isEmpty(value: unknown): boolean {
  return value === null || (typeof value === 'object' && Object.keys(value).length === 0);
}

function ofRows(read: ReadRows, model: ServedModel): Asked {
  return { inputs: read.inputs, wanted: model.all, note: { read } satisfies Note };
}

function readTable(
  body: Buffer,
  span: Span,
  field: 'dataframe_split' | 'dataframe_records',
  { plan }: ServedModel,
): ReadRows {
  const what = `"${field}"`;
  if (field === 'dataframe_records')
    return readRecords(recordLines(body, span, what), plan, 'nan', (row) => `${what}[${row}]`);
  const parts = membersOf(body, span, what);
  const [columns, data] = [parts.get('columns'), parts.get('data')];
  if (columns === undefined || data === undefined)
    throw badRequest(`${what} must have "columns" and "data", as pandas writes with orient="split"`);
  const names = parseJson(body, columns, `${what}.columns`);
  if (!Array.isArray(names) || !names.every((name) => typeof name === 'string' || typeof name === 'number'))
    throw badRequest(`${what}.columns must be a list of names`);
  const lines = splitLines(body, names.map(String), data, `${what}.data`);
  return readRecords(lines, plan, 'nan', (row) => `${what}.data[${row}]`);
}

/** The only input as nested lists, or lists by input; of `instances`, also an object for each row. */
function readTensors(
  body: Buffer,
  span: Span,
  field: 'instances' | 'inputs',
  { plan }: ServedModel,
): FedTensor[] {
  const [only, ...others] = plan.inputs;
  const what = `"${field}"`;
  const given = new Map<string, string>();
  if (field === 'inputs' && isObject(body, span))
    for (const [name, { from, to }] of membersOf(body, span, what))
      given.set(name, body.toString('utf8', from, to));
  else {
    const rows = elementsOf(body, span, what);
    const [first] = rows;
    if (field === 'instances' && first !== undefined && isObject(body, first))
      for (const [name, text] of byInput(body, rows, what)) given.set(name, text);
    else if (only !== undefined && others.length === 0)
      given.set(only.name, body.toString('utf8', span.from, span.to));
    else
      throw badRequest(
        `the model has ${plan.inputs.length} inputs: ${what} must name them: ${plan.inputs.map(({ name }) => shown(name)).join(', ')}`,
      );
  }
  return readNested(given, plan);
}

/** `[{"a": 1}, {"a": 2}]` as `{"a": [1, 2]}`. */
function byInput(body: Buffer, rows: readonly Span[], what: string): Map<string, string> {
  const parts = new Map<string, string[]>();
  rows.forEach((row, index) => {
    const members = membersOf(body, row, `${what}[${index}]`);
    for (const [name, { from, to }] of members) {
      const own = parts.get(name) ?? [];
      if (own.length !== index)
        throw badRequest(`${what}[${index}] has ${shown(name)}, which another instance lacks`);
      own.push(body.toString('utf8', from, to));
      parts.set(name, own);
    }
  });
  for (const [name, own] of parts)
    if (own.length !== rows.length) throw badRequest(`${what}[${own.length}] lacks ${shown(name)}`);
  return new Map([...parts].map(([name, own]) => [name, `[${own.join(',')}]`]));
}

function encode(outputs: readonly Given[], asked: Asked, model: ServedModel, out: ByteWriter): number {
  const { read } = asked.note as Note;
  if (read !== undefined) {
    const given = rowOutputs(outputs, asked.wanted, model, read.rows, read.binding);
    writeText(out, '{"predictions":[');
    writeRecords(given, read.rows, false, out);
    writeText(out, ']}');
    return 0;
  }
  writeText(out, '{"predictions":');
  outputs.forEach(({ type, dims, data }, at) => {
    const { name } = model.outputs[asked.wanted[at] as number] as ServedModel['outputs'][number];
    writeText(out, `${at === 0 ? '{' : ','}${JSON.stringify(name)}:`);
    writeNested({ type, data }, dims, 0, out);
  });
  writeText(out, '}}');
  return 0;
}
