import { readFileSync, statSync } from 'node:fs';
import { MlregError } from '../../core/errors.ts';
import { quote } from '../../core/text/quote.ts';
import { parseStrictJson } from '../../core/json/strict-json.ts';
import type { Tolerance } from '../tensors/compare-tensors.ts';
import type { CaseUse, GivenCase, GivenValue } from './golden-case.ts';
import { parseJsonTensor, readJsonTensor } from '../tensors/json-tensor.ts';

/**
 * The file is read whole, which takes about six times its size in memory. Larger golden sets belong
 * in `test_data_set_N` folders.
 */
const maxBytes = 64 * 2 ** 20;
const maxDepth = 8;
const syntaxHint =
  'JSON has no NaN, Infinity, comments or trailing commas; use the strings "NaN", "Infinity" and "-Infinity"';

/**
 * The cases of a golden JSON file: `{atol?, rtol?, cases: [{inputs: {NAME: {dtype, shape, data}},
 * outputs: {…}}]}`. Floats can also be "NaN", "Infinity" and "-Infinity", and 64-bit integers can
 * be strings. INVALID_INPUT says what is wrong; `path` is the file's name in that message. For
 * `feeds`, outputs are not read. Tensors are checked only when they are used: the content of a
 * value that is not a tensor can be anything.
 */
export function readGoldenJson(location: string, path: string, use: CaseUse): GivenCase[] {
  const where = quote(path);
  const { size } = statSync(location);
  if (size > maxBytes) {
    throw new MlregError(
      'INVALID_INPUT',
      `${where} has ${size} bytes; the limit for a JSON file is ${maxBytes}`,
      {
        hint: 'use test_data_set_N/input_I.pb and output_I.pb files, as in the ONNX backend tests',
      },
    );
  }
  const limits = { what: where, maxBytes, maxDepth, syntaxHint };
  const root = asObject(parseStrictJson(decode(location, where), limits), where);
  const { atol, rtol, cases, ...rest } = root;
  refuseOthers(rest, where, 'atol, rtol and cases');
  if (!Array.isArray(cases) || cases.length === 0) throw refuse(where, '"cases" must be a list of cases');
  const tolerance = { ...readBound('atol', atol, where), ...readBound('rtol', rtol, where) };
  return cases.map((item: unknown, at): GivenCase => {
    const name = `cases[${at}]`;
    const place = `${where}: ${name}`;
    const { inputs, outputs, ...others } = asObject(item, place);
    refuseOthers(others, place, 'inputs and outputs');
    return {
      name,
      where: place,
      inputs: readValues(inputs, `${place}.inputs`),
      outputs: use === 'feeds' ? new Map() : readValues(outputs, `${place}.outputs`),
      tolerance,
    };
  });
}

function decode(location: string, where: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(location));
  } catch (cause) {
    if (cause instanceof TypeError) throw refuse(where, 'it is not UTF-8 text', cause);
    throw cause;
  }
}

function readValues(value: unknown, where: string): Map<string, GivenValue> {
  return new Map(
    Object.entries(asObject(value, where)).map(([name, given]): [string, GivenValue] => {
      const place = `${where}.${quote(name)}`;
      const tensor = () => parseJsonTensor(given, place);
      return [
        name,
        {
          where: place,
          head: tensor,
          check: () => void readJsonTensor(tensor()),
          load: () => readJsonTensor(tensor()),
        },
      ];
    }),
  );
}

function readBound(key: keyof Tolerance, value: unknown, where: string): Partial<Tolerance> {
  if (value === undefined) return {};
  if (typeof value === 'number' && value >= 0) return { [key]: value };
  throw refuse(where, `"${key}" must be a number of at least 0`);
}

function asObject(value: unknown, where: string): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
  throw refuse(where, 'it must be an object');
}

function refuseOthers(rest: Record<string, unknown>, where: string, known: string): void {
  const [key] = Object.keys(rest);
  if (key !== undefined) throw refuse(where, `unknown key ${quote(key)}; known keys: ${known}`);
}

function refuse(where: string, why: string, cause?: unknown): MlregError {
  return new MlregError('INVALID_INPUT', `${where}: ${why}`, {
    hint: 'write {"cases": [{"inputs": {"X": {"dtype": "float32", "shape": [1, 2], "data": [0.5, 1]}}, "outputs": {…}}]}',
    cause,
  });
}
