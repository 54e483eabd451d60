import { MlregError } from '../../core/errors.ts';
import { quote } from '../../core/text/quote.ts';

/** Paths of the files of a golden set: one JSON file, or data sets in the order of their names. */
export type GoldenLayout = { json: string } | { json: null; dataSets: DataSetFiles[] };

/** A `test_data_set_N` of ONNX's backend tests: one file per value, by its position. */
export interface DataSetFiles {
  name: string;
  inputs: Map<number, string>;
  outputs: Map<number, string>;
}

/**
 * `input_0.pb` of one set, or `test_data_set_0/input_0.pb` of several, in any folder. Layout:
 * https://github.com/onnx/onnx/blob/main/docs/OnnxBackendTest.md.
 */
const dataSetFile = /^(?:((?:.+\/)?test_data_set_\d+)\/)?(input|output)_(\d{1,9})\.pb$/;
/** The name of a set that was registered without its folder. */
const nameless = 'test_data_set';

export function isDataSetFile(path: string): boolean {
  return dataSetFile.test(path);
}

export function isDataSetFolder(name: string): boolean {
  return /^test_data_set_\d+$/.test(name);
}

/** Which of these files contain the cases. INVALID_INPUT for a file that contains none. */
export function layOutGolden(paths: Iterable<string>): GoldenLayout {
  const sorted = [...paths].toSorted(inOrder);
  const [first] = sorted;
  if (first === undefined) throw refuse('it has no files');
  if (sorted.length === 1 && !isDataSetFile(first)) return { json: first };
  const dataSets = new Map<string, DataSetFiles>();
  for (const path of sorted) {
    const [, folder = nameless, side, position] = dataSetFile.exec(path) ?? [];
    if (side === undefined)
      throw refuse(`${quote(path)} is not an input_I.pb or output_I.pb file of a test_data_set_N`);
    const files = dataSets.get(folder) ?? { name: folder, inputs: new Map(), outputs: new Map() };
    dataSets.set(folder, files);
    const values = side === 'input' ? files.inputs : files.outputs;
    const earlier = values.get(Number(position));
    // For example `input_1.pb` and `input_01.pb`.
    if (earlier !== undefined) throw refuse(`${quote(path)} and ${quote(earlier)} have the same number`);
    values.set(Number(position), path);
  }
  return { json: null, dataSets: [...dataSets.values()] };
}

/** `test_data_set_2` before `test_data_set_10`. */
function inOrder(a: string, b: string): number {
  const [x, y] = [padded(a), padded(b)];
  return x < y ? -1 : x > y ? 1 : 0;
}

function padded(path: string): string {
  return path.replaceAll(/\d+/g, (digits) => digits.padStart(12, '0'));
}

function refuse(why: string): MlregError {
  return new MlregError('INVALID_INPUT', `invalid cases: ${why}`, {
    hint: 'use a JSON file, or a folder test_data_set_N with input_0.pb, output_0.pb …',
  });
}
