import { MlregError } from '../errors.ts';
import { canonicalJson } from '../json/canonical.ts';
import { quote } from '../text/quote.ts';
import type { ArtifactFile } from './version-record.ts';

declare const brand: unique symbol;
/** `sha256:` and 64 lower-case hex digits. */
export type Digest = string & { readonly [brand]: 'Digest' };

export function isDigest(value: unknown): value is Digest {
  return typeof value === 'string' && /^sha256:[0-9a-f]{64}$/.test(value);
}

export function parseDigest(text: string): Digest {
  if (isDigest(text)) return text;
  throw new MlregError('INVALID_INPUT', `invalid digest ${quote(text)}`, {
    hint: 'use sha256: followed by 64 lower-case hex digits',
  });
}

/** The digest for a hex part that is known to be valid: fresh from a hash, or read from a row. */
export function digestOf(hex: string): Digest {
  return `sha256:${hex}` as Digest;
}

/** The 64 hex digits: a blob's file name. */
export function hexOf(digest: Digest): string {
  return digest.slice('sha256:'.length);
}

/** For people: `sha256:` and the first twelve digits, enough for a reference. */
export function shortDigest(digest: string): string {
  return digest.slice(0, 'sha256:'.length + 12);
}

/** Characters that some systems cannot have in a file name. */
const forbidden = /[\u0000-\u001f\u007f]/;

/**
 * Checks the relative, `/`-separated paths of an artifact's files: none leaves the folder, none is
 * malformed, none appears twice, none is both a file and a folder, and no two are the same name on
 * a file system that ignores case or Unicode form. INVALID_INPUT names the path; `hint` says what
 * to do about it.
 */
export function checkArtifactPaths(paths: readonly string[], hint = 'rename it and register again'): void {
  const folded = new Map<string, string>();
  const files = new Set<string>();
  for (const path of paths) {
    const problem = files.has(path) ? 'it appears twice' : findProblem(path);
    if (problem !== undefined) throw refuse(path, problem, hint);
    files.add(path);
  }
  for (const path of paths) {
    for (const name of withFolders(path)) {
      if (name !== path && files.has(name)) throw refuse(path, `its parent ${quote(name)} is a file`, hint);
      const key = caseless(name);
      const other = folded.get(key);
      if (other !== undefined && other !== name) {
        throw refuse(path, `it differs from ${quote(other)} only in case or Unicode form`, hint);
      }
      folded.set(key, name);
    }
  }
}

function findProblem(path: string): string | undefined {
  if (path === '') return 'it is empty';
  if (path.length > 1024) return `it has ${path.length} characters; the limit is 1024`;
  if (path.includes('\\')) return 'it contains a backslash';
  if (forbidden.test(path)) return 'it contains a control character';
  if (path.startsWith('/')) return 'it is absolute';
  if (/^[a-zA-Z]:/.test(path)) return 'it looks like a Windows drive';
  if (!path.isWellFormed()) return 'it is not valid Unicode';
  if (path.split('/').some((part) => part === '' || part === '.' || part === '..'))
    return 'it contains an empty, "." or ".." part';
  return undefined;
}

/** The path and every folder above it: `A/x` and `a/y` collide although the files do not. */
function withFolders(path: string): string[] {
  const parts = path.split('/');
  return parts.map((_, index) => parts.slice(0, index + 1).join('/'));
}

/**
 * Upper case finds more names equal than lower case does: lower case keeps `ς` and `σ` apart, and
 * `ß` and `ss`.
 */
function caseless(name: string): string {
  return name.normalize('NFC').toUpperCase().normalize('NFC');
}

function refuse(path: string, why: string, hint: string): MlregError {
  return new MlregError('INVALID_INPUT', `invalid path ${quote(path)} in the artifact: ${why}`, { hint });
}

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
  return canonicalJson(modelManifest(files, config));
}

/** The members of an artifact's manifest. */
export function modelManifest(files: readonly ArtifactFile[], config: { digest: Digest; size: number }) {
  return {
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
  };
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
