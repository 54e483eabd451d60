import { posix } from 'node:path';
import { MlregError } from '../../core/errors.ts';
import { type ModelComparison, modelKey } from '../../core/versions/next-version.ts';
import type { OnnxModel } from '../../core/versions/onnx-model.ts';
import type { VersionFacts, VersionRecord } from '../../core/versions/version-record.ts';
import { withFile } from '../../onnx/file/bytes.ts';
import { readOnnxModel } from '../../onnx/file/read-model.ts';
import { type ModelFiles, compareModels } from '../../onnx/graph/compare-models.ts';
import { type DigestVersion, latestDigestVersion } from '../../onnx/graph/graph-digest.ts';
import type { StagedBlob } from '../../storage/blob-store.ts';
import type { Registry } from '../registry.ts';

type WithModel = Pick<VersionFacts, 'artifact' | 'entry' | 'onnx'>;

/** Compares the ONNX model that is being registered with a stored one. */
export async function compareWithStored(
  registry: Registry,
  stored: VersionRecord,
  candidate: WithModel,
  staged: ReadonlyMap<string, StagedBlob>,
): Promise<ModelComparison> {
  const pathOf = (path: string): string | undefined => staged.get(path)?.path;
  const own = modelFiles(candidate, (path) => Promise.resolve(pathOf(path)));
  const sameGraph = await isSameGraph(registry, stored, candidate, pathOf(candidate.entry ?? ''));
  const answer = { with: modelKey(stored), sameGraph };
  if (!sameGraph) return { ...answer, weights: 'unknown', changed: [] };
  try {
    const files = new Map(stored.artifact.files.map(({ path, digest }) => [path, digest]));
    const others = await modelFiles(stored, (path) => {
      const digest = files.get(path);
      return digest === undefined ? Promise.resolve(undefined) : registry.blobs.locate(digest);
    });
    return { ...answer, ...(await compareModels(others, await own, registry.signal)) };
  } catch (error) {
    // Damaged stored bytes must not prevent other registrations.
    return unreadable(error, { ...answer, weights: 'unknown', changed: [] });
  }
}

async function isSameGraph(
  registry: Registry,
  stored: VersionRecord,
  { onnx }: WithModel,
  path: string | undefined,
): Promise<boolean> {
  const model = await latestModel(registry, stored);
  if (model?.graphDigestVersion === onnx?.graphDigestVersion || path === undefined)
    return model?.graphDigest === onnx?.graphDigest;
  return model?.graphDigest === readModel(path, 1).graphDigest;
}

async function modelFiles(
  { entry, onnx }: WithModel,
  locate: (path: string) => Promise<string | undefined>,
): Promise<ModelFiles> {
  const folder = posix.dirname(entry ?? '');
  const external = new Map<string, string>();
  for (const location of onnx?.externalData ?? []) {
    const path = await locate(posix.join(folder, location));
    if (path !== undefined) external.set(location, path);
  }
  return { path: (await locate(entry ?? '')) ?? '', external };
}

/**
 * What mlreg would read from a version's model today. If it was recorded with an older version of
 * the graph digest, it is read again from the stored bytes; if these cannot be read, or are not
 * what was registered, the recorded values are returned.
 */
export async function latestModel(
  registry: Registry,
  { artifact, entry, onnx }: Pick<VersionFacts, 'artifact' | 'entry' | 'onnx'>,
): Promise<OnnxModel | null> {
  const file = artifact.files.find(({ path }) => path === entry);
  if (onnx === null || onnx.graphDigestVersion === latestDigestVersion || file === undefined) return onnx;
  try {
    const path = await registry.blobs.locate(file.digest);
    return readModel(path, 1).graphDigest === onnx.graphDigest ? readModel(path) : onnx;
  } catch (error) {
    return unreadable(error, onnx);
  }
}

export function readModel(path: string, version?: DigestVersion): OnnxModel {
  return withFile(path, (source) => readOnnxModel(source, version)).model;
}

/** Returns `instead` if bytes are damaged or missing. Any other error is a bug and is thrown. */
export function unreadable<T>(error: unknown, instead: T): T {
  if (error instanceof MlregError || (error instanceof Error && 'syscall' in error)) return instead;
  throw error;
}
