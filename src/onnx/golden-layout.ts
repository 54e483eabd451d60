import { posix } from 'node:path';
import { MlregError } from '../core/errors.ts';
import { quote } from '../core/quote.ts';

/** Paths of what belongs to a golden set, in the order of its cases. */
export interface GoldenLayout {
  /** JSON files, each with cases of its own. */
  json: string[];
  dataSets: DataSetFiles[];
  /** Files that belong to no case. */
  other: string[];
}

/** A `test_data_set_N` of ONNX's backend tests: one file per value, by its position. */
export interface DataSetFiles {
  name: string;
  inputs: Map<number, string>;
  outputs: Map<number, string>;
}

const valueFile = /^(?:(test_data_set_\d{1,9})\/)?(input|output)_(\d{1,9})\.pb$/;
/** Of a data set that was given without the folder it lies in. */
const nameless = 'test_data_set';

/**
 * Which of these files hold the cases: `*.json`, `test_data_set_N/input_I.pb` and `output_I.pb`, or these alone. A single
 * file is JSON whatever its name. INVALID_INPUT where there is no case.
 *
 * Layout: https://github.com/onnx/onnx/blob/main/docs/OnnxBackendTest.md.
 */
export function layOutGolden(paths: Iterable<string>): GoldenLayout {
  const sorted = [...paths].toSorted(inOrder);
  const layout: GoldenLayout = { json: [], dataSets: [], other: [] };
  const dataSets = new Map<string, DataSetFiles>();
  for (const path of sorted) {
    const [, folder = nameless, side, position] = valueFile.exec(path) ?? [];
    if (side !== undefined) {
      const files = dataSets.get(folder) ?? { name: folder, inputs: new Map(), outputs: new Map() };
      dataSets.set(folder, files);
      const values = side === 'input' ? files.inputs : files.outputs;
      if (values.has(Number(position))) throw twice(path);
      values.set(Number(position), path);
    } else if (isJson(path, sorted.length)) layout.json.push(path);
    else layout.other.push(path);
  }
  layout.dataSets.push(...dataSets.values());
  if (layout.json.length > 0 || layout.dataSets.length > 0) return layout;
  throw new MlregError(
    'INVALID_INPUT',
    `there is no golden set in ${sorted.slice(0, 3).map(quote).join(', ')}${sorted.length > 3 ? ' …' : ''}`,
    {
      hint: 'give a JSON file with inputs and outputs, a test_data_set_N with input_0.pb and output_0.pb, or a folder that holds some',
    },
  );
}

function isJson(path: string, count: number): boolean {
  return path.endsWith('.json') ? !path.includes('/') : count === 1 && posix.extname(path) !== '.pb';
}

/** `test_data_set_2` before `test_data_set_10`. */
function inOrder(a: string, b: string): number {
  const [x, y] = [padded(a), padded(b)];
  return x < y ? -1 : x > y ? 1 : 0;
}

function padded(path: string): string {
  return path.replaceAll(/\d+/g, (digits) => digits.padStart(12, '0'));
}

/** `input_1.pb` and `input_01.pb`. */
function twice(path: string): MlregError {
  return new MlregError('INVALID_INPUT', `two files of the golden set are ${quote(path)} by their number`, {
    hint: 'number them 0, 1, 2 …',
  });
}
