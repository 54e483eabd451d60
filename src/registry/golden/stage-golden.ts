import { basename, resolve } from 'node:path';
import { MlregError } from '../../core/errors.ts';
import { quote } from '../../core/text/quote.ts';
import type { Signature } from '../../core/versions/signature.ts';
import { contentKind, type ContentKind, refuseMisplaced } from '../../files/content-kind.ts';
import { readSource } from '../../files/read-source.ts';
import { scanSource, type ScanOptions, type SourceTree, type SourceFile } from '../../files/scan-source.ts';
import {
  isDataSetFile,
  isDataSetFolder,
  checkGoldenSet,
  type CheckedCase,
} from '../../onnx/golden/golden-set.ts';
import type { Registry } from '../registry.ts';
import { stageArtifact, type StagedArtifact } from '../register/store-version.ts';

export interface StagedGolden extends StagedArtifact {
  /** Where each file is, by its path in the set. */
  files: Map<string, string>;
  cases: CheckedCase[];
  warnings: string[];
}

/**
 * Copies a golden set in: a JSON file, a NumPy archive, a `test_data_set_N` folder of the ONNX
 * backend tests, or a folder with several of these; its other files are ignored. `signature` is the
 * model's; null: it has none. INVALID_INPUT for anything else, and for a golden set that is
 * malformed or does not fit this model.
 */
export async function stageGolden(
  registry: Registry,
  path: string,
  signature: Signature | null,
  options: ScanOptions = {},
): Promise<StagedGolden> {
  if (signature === null) {
    throw new MlregError(
      'INVALID_INPUT',
      `a golden set needs an ONNX model, and this artifact is not one (${quote(path)})`,
      {
        hint: 'omit --golden, or register an ONNX export of the model (see mlreg help from-training)',
      },
    );
  }
  const golden = await stageArtifact(registry, await scanGolden(path, 'golden set', options));
  try {
    for (const [name, kind] of golden.contents) refuseMisplaced(name, kind, 'a golden set');
    const files = new Map([...golden.staged].map(([name, blob]) => [name, blob.path]));
    const { cases, warnings } = checkGoldenSet(files, signature);
    const skipped = cases.flatMap((one) =>
      one.skipped === undefined ? [] : [`${one.case} of the golden set will be skipped: ${one.skipped}`],
    );
    return { ...golden, files, cases, warnings: [...warnings, ...skipped] };
  } catch (error) {
    await golden.discard();
    throw error;
  }
}

/** A golden set, or a file of inputs in the same layout, whose outputs are optional. */
export type GoldenKind = 'golden set' | 'inputs';

/** The files of a golden set, as `stageGolden` takes them. */
export async function scanGolden(
  path: string,
  kind: GoldenKind = 'golden set',
  options: ScanOptions = {},
): Promise<SourceTree> {
  const refuse = (why: string): MlregError => refusal(path, kind, why);
  const source = await scanSource(path, options);
  if (source.kind === 'file') {
    if (/\.(?:json|npz)$/i.test(path)) return source;
    throw refuse('it is not a JSON file or a NumPy .npz file');
  }
  const files = source.files.filter((file) => isDataSetFile(file.path));
  const wanted = kind === 'inputs' ? 'input_0.pb' : 'input_0.pb and output_0.pb';
  if (files.length === 0) throw refuse(`it contains no test_data_set_N with ${wanted}`);
  return { ...source, files };
}

function refusal(path: string, kind: GoldenKind, why: string): MlregError {
  const verdict = kind === 'inputs' ? 'is not an input file' : 'is not a golden set';
  return new MlregError('INVALID_INPUT', `${quote(path)} ${verdict}: ${why}`, {
    hint: 'use a JSON or .npz file (mlreg help golden-sets), or a test_data_set_N folder of ONNX tensors',
  });
}

/** Where each file of a golden set is on disk, by its path in the set. */
export type GoldenLocations = Map<string, string>;

/** A golden set, or inputs, on disk. NOT_FOUND, INVALID_INPUT and STORAGE as in `scanGolden`. */
export async function findGolden(path: string, kind: GoldenKind): Promise<GoldenLocations> {
  const source = await scanGolden(path, kind);
  for (const file of source.files)
    refuseMisplaced(file.path, await contentOf(file), kind === 'inputs' ? 'inputs' : 'a golden set');
  const own = basename(resolve(path));
  // If the path is itself a data set folder, the case is named after it.
  const folder = source.kind === 'folder' && isDataSetFolder(own) ? `${own}/` : '';
  return new Map(source.files.map((file) => [`${folder}${file.path}`, file.location]));
}

async function contentOf(file: SourceFile): Promise<ContentKind | undefined> {
  for await (const chunk of readSource(file)) return contentKind(chunk);
  return undefined;
}
