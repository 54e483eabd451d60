import { MlregError } from '../core/errors.ts';
import { quote } from '../core/quote.ts';
import type { Registry } from './registry.ts';
import { scanSource, type SourceTree } from './scan-source.ts';
import { stageArtifact, type StagedArtifact } from './stage-artifact.ts';

/** `input_0.pb` of one set, or `test_data_set_0/input_0.pb` of several, wherever the sets lie. */
const setFile = /(?:^|\/)(?:test_data_set_\d+\/)(?:input|output)_\d+\.pb$|^(?:input|output)_\d+\.pb$/;

/**
 * Copies a golden set in: a JSON file, a `test_data_set_N` folder of the ONNX backend tests, or a folder that holds some of these, from
 * which nothing else is taken. INVALID_INPUT for anything else.
 */
export async function stageGolden(registry: Registry, path: string): Promise<StagedArtifact> {
  return stageArtifact(registry, await scanGolden(path));
}

/** The files of a golden set, as `stageGolden` takes them. */
export async function scanGolden(path: string): Promise<SourceTree> {
  const source = await scanSource(path);
  if (source.kind === 'file') {
    if (/\.json$/i.test(path)) return source;
    throw refuse(path, 'it is no JSON file');
  }
  const files = source.files.filter((file) => setFile.test(file.path));
  if (files.length === 0) throw refuse(path, 'no test_data_set_N with input_0.pb and output_0.pb is in it');
  return { ...source, files };
}

function refuse(path: string, why: string): MlregError {
  return new MlregError('INVALID_INPUT', `${quote(path)} is no golden set: ${why}`, {
    hint: 'give a JSON file (mlreg help golden) or a test_data_set_N folder of ONNX tensors',
  });
}
