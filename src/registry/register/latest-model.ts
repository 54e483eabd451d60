import { MlregError } from '../../core/errors.ts';
import type { OnnxModel } from '../../core/versions/onnx-model.ts';
import type { VersionFacts } from '../../core/versions/version-record.ts';
import { withFile } from '../../onnx/file/file-source.ts';
import { type DigestVersion, latestDigestVersion } from '../../onnx/graph/graph-digest.ts';
import { readOnnxModel } from '../../onnx/file/read-model.ts';
import type { Registry } from '../registry.ts';

/**
 * What is known of a version's model, as it would be read now: where that was read before graph digests were what they are, from its
 * stored bytes. Where these cannot be read, or are not what was registered, what was read then.
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

/** `instead`, for bytes that are damaged or cannot be had. Anything else is a fault of ours. */
export function unreadable<T>(error: unknown, instead: T): T {
  if (error instanceof MlregError || (error instanceof Error && 'syscall' in error)) return instead;
  throw error;
}
