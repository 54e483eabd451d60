import { statSync } from 'node:fs';
import { MlregError } from '../../core/errors.ts';
import { quote } from '../../core/text/quote.ts';
import { shortDigest } from '../../core/versions/artifact.ts';
import type { Signature } from '../../core/versions/signature.ts';
import { withFile } from '../file/bytes.ts';
import { listZip } from '../npz/zip-archive.ts';
import type { Tolerance, TensorComparison } from '../tensors/compare-tensors.ts';
import { fitCase, type CaseUse, type GivenCase, type GoldenCase } from './golden-case.ts';
import { readDataSet } from './golden-data-set.ts';
import { readGoldenJson } from './golden-json.ts';
import { readGoldenNpz } from './golden-npz.ts';

/** What is known about a case before it runs. */
export interface CheckedCase {
  /**
   * `cases[0]` of a JSON file, or the name of a data set's folder, without its number if the folder
   * itself was registered.
   */
  case: string;
  /** The digest of its golden set, if the version has several. */
  set?: string;
  /** Expected outputs that cannot be compared. */
  skippedOutputs: string[];
  /** Why ONNX Runtime's JavaScript binding cannot run it; absent if it can. */
  skipped?: string;
}

/**
 * The cases of a golden set, checked against the model's signature. The values of a
 * `test_data_set_N` stay in their files until they are needed. `files`: the location of each file
 * on disk, by its path in the golden set. INVALID_INPUT for a set that is malformed or contradicts
 * the model, with the file and the place. For `feeds` the outputs are ignored.
 */
export function readGoldenSet(
  files: ReadonlyMap<string, string>,
  signature: Signature,
  use: CaseUse = 'golden',
): GoldenCase[] {
  const layout = layOutGolden(files.keys());
  const given =
    layout.file === null
      ? layout.dataSets.map((dataSet) =>
          readDataSet(use === 'feeds' ? { ...dataSet, outputs: new Map() } : dataSet, files, signature),
        )
      : readFile(files.get(layout.file) ?? layout.file, layout.file, signature, use);
  return given.map((one) => fitCase(one, signature, use));
}

function readFile(location: string, path: string, signature: Signature, use: CaseUse): GivenCase[] {
  return /\.npz$/i.test(path)
    ? readGoldenNpz(location, path, signature, use)
    : readGoldenJson(location, path, use);
}

export interface CheckedGolden {
  cases: CheckedCase[];
  /** One for each output whose expected shape differs from the declared one. */
  warnings: string[];
}

/** A golden set on disk, checked. */
export interface GoldenSetOnDisk {
  /** Null: it is not stored with the version. */
  digest: string | null;
  /** Location of each file, by its path in the set. */
  files: Map<string, string>;
  cases: CheckedCase[];
}

/** The cases of all sets; if there are several, each case has the digest of its set. */
export function casesOf(sets: readonly Pick<GoldenSetOnDisk, 'digest' | 'cases'>[]): CheckedCase[] {
  return sets.flatMap(({ digest, cases }) =>
    sets.length === 1 || digest === null ? cases : cases.map((one) => ({ ...one, set: digest })),
  );
}

/**
 * Reads a whole golden set, to refuse a bad one before it is needed. Errors as `readGoldenSet`;
 * keeps no values of a data set.
 */
export function checkGoldenSet(files: ReadonlyMap<string, string>, signature: Signature): CheckedGolden {
  const warnings = new Map<string, string>();
  const cases = readGoldenSet(files, signature).map((golden) => {
    for (const value of [...golden.inputs.values(), ...golden.outputs.values()]) value.check();
    for (const { output, warning } of golden.otherShapes)
      if (!warnings.has(output)) warnings.set(output, warning);
    return toChecked(golden);
  });
  return { cases, warnings: [...warnings.values()] };
}

export function toChecked({ name, skipped, skippedOutputs }: GoldenCase): CheckedCase {
  return { case: name, skippedOutputs, ...(skipped === null ? {} : { skipped }) };
}

/**
 * Paths of the files of a golden set: one JSON file or NumPy archive, or data sets in the order of
 * their names.
 */
export type GoldenLayout = { file: string } | { file: null; dataSets: DataSetFiles[] };

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
  if (sorted.length === 1 && !isDataSetFile(first)) return { file: first };
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
  return { file: null, dataSets: [...dataSets.values()] };
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
    hint: 'use a JSON file, a NumPy .npz file, or a folder test_data_set_N with input_0.pb, output_0.pb …',
  });
}

/** An output compared with the expected output of the golden set. */
export interface OutputComparison extends TensorComparison, Tolerance {
  output: string;
  /** Of the expected tensor. */
  dtype: string;
}

export interface GoldenCaseResult extends CheckedCase {
  /** Null if the case was skipped or the runtime refused it. */
  outputs: OutputComparison[] | null;
  /** The runtime's error message. */
  error?: string;
}

/** `cases[0]`, or `cases[0] of golden set sha256:823f56a26b2c` if there are several sets. */
export function caseName({ case: name, set }: Pick<CheckedCase, 'case' | 'set'>): string {
  return set === undefined ? name : `${name} of golden set ${shortDigest(set)}`;
}

/** Whether any case has outputs that differ from the expected ones. */
export function isMismatch(results: readonly GoldenCaseResult[] | null): boolean {
  return results?.some(({ outputs }) => outputs?.some(({ match }) => !match)) ?? false;
}

/**
 * The bytes that reading the files of golden sets or inputs takes; compressed arrays count as
 * unpacked. `files`: their locations, by their paths. INVALID_INPUT for an archive that cannot be
 * read.
 */
export function loadedBytes(files: ReadonlyMap<string, string>): number {
  let bytes = 0;
  for (const [path, location] of files) {
    const unpacked = /\.npz$/i.test(path)
      ? withFile(location, listZip).reduce((sum, { size }) => sum + size, 0)
      : 0;
    bytes += Math.max(statSync(location).size, unpacked);
  }
  return bytes;
}
