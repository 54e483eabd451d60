import { canonicalJson } from '../json/canonical.ts';
import type { Digest } from './digest.ts';
import type { ArtifactFile } from './version-record.ts';

export const mediaTypes = {
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  artifact: 'application/vnd.cncf.model.manifest.v1+json',
  config: 'application/vnd.cncf.model.config.v1+json',
  file: 'application/vnd.cncf.model.weight.v1.raw',
} as const;

export const pathAnnotation = 'org.cncf.model.filepath';

/**
 * The config blob of an artifact (CNCF ModelPack model-spec, config.md). It lists only the files'
 * digests: with a name or a time in it, the same bytes would have different digests.
 */
export function artifactConfig(files: readonly ArtifactFile[]): string {
  const diffIds = files.map((file) => file.digest);
  return canonicalJson({ descriptor: {}, config: {}, modelfs: { type: 'layers', diffIds } });
}

/**
 * The manifest of an artifact: an OCI image manifest (image-spec v1.1) in the ModelPack shape, with
 * a raw layer per file, so that a layer's digest is the file's SHA-256. RFC 8785 JSON; `files` must
 * be in `sortFiles` order. Its SHA-256 is the artifact's digest.
 */
export function artifactManifest(
  files: readonly ArtifactFile[],
  config: { digest: Digest; size: number },
): string {
  return canonicalJson({
    schemaVersion: 2,
    mediaType: mediaTypes.manifest,
    artifactType: mediaTypes.artifact,
    config: { mediaType: mediaTypes.config, ...config },
    layers: files.map(({ path, digest, size }) => ({
      mediaType: mediaTypes.file,
      digest,
      size,
      annotations: { [pathAnnotation]: path },
    })),
  });
}

/**
 * Sorts by the UTF-8 bytes of the path, which is also the order of Unicode code points and of the
 * database.
 */
export function sortFiles(files: readonly ArtifactFile[]): ArtifactFile[] {
  const encoder = new TextEncoder();
  const keyed = files.map((file) => ({ file, key: encoder.encode(file.path) }));
  return keyed.sort((a, b) => compareBytes(a.key, b.key)).map(({ file }) => file);
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length);
  for (let index = 0; index < length; index += 1) {
    const difference = (a[index] ?? 0) - (b[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}
