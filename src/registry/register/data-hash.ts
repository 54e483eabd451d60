import { createHash } from 'node:crypto';
import { MlregError } from '../../core/errors.ts';
import {
  digestOf,
  artifactConfig,
  artifactManifest,
  sortFiles,
  type Digest,
} from '../../core/versions/artifact.ts';
import type { ArtifactFile } from '../../core/versions/version-record.ts';
import { type ContentKind, warnOfMisplaced } from '../../files/content-kind.ts';
import { readSource } from '../../files/read-source.ts';
import { scanSource } from '../../files/scan-source.ts';
import { noting } from './store-version.ts';

export interface HashedData {
  /**
   * The SHA-256 of a file, or the manifest digest of a folder: the digest that registering the
   * folder would give.
   */
  hash: string;
  /** Bytes. */
  size: number;
  /** Paths in the folder that were left out. */
  leftOut: string[];
  /** About files whose content does not match their name. */
  warnings: string[];
}

/**
 * INVALID_INPUT for a URI in place of a path: the file system would only say that it is missing.
 * `what` is what was given, `instead` how to record a URI.
 */
export function refuseUri(location: string, what: string, instead: string): void {
  const [, scheme] = /^([a-z][a-z0-9+.-]*):\/\//i.exec(location) ?? [];
  if (scheme === undefined) return;
  const why = 'is a URI, and only local files can be hashed';
  const hint =
    scheme.toLowerCase() === 'file' ? 'use the path without file://' : `record where it is: ${instead}`;
  throw new MlregError('INVALID_INPUT', `${what} ${why}`, { hint });
}

/** The hash of a data set, without storing it. Errors as `scanSource` and `readSource`. */
export async function hashData(
  location: string,
  {
    followLinks = false,
    signal,
  }: { followLinks?: boolean | undefined; signal?: AbortSignal | undefined } = {},
): Promise<HashedData> {
  const linkHint = 'use --follow-links, or name its target with --data';
  const source = await scanSource(location, { followLinks, linkHint, use: 'hashed' });
  const files: ArtifactFile[] = [];
  const contents = new Map<string, ContentKind>();
  for (const file of source.files) {
    const hash = createHash('sha256');
    for await (const chunk of noting(contents, file.path, readSource(file, signal))) hash.update(chunk);
    files.push({ path: file.path, digest: digestOf(hash.digest('hex')), size: file.size });
  }
  const size = files.reduce((sum, file) => sum + file.size, 0);
  const found = { size, leftOut: source.leftOut, warnings: warnOfMisplaced(contents) };
  if (source.kind === 'file') return { hash: files[0]?.digest ?? '', ...found };
  return { hash: folderHash(files), ...found };
}

/** The digest of a folder with these files. */
export function folderHash(files: readonly ArtifactFile[]): Digest {
  const sorted = sortFiles(files);
  const config = artifactConfig(sorted);
  const configFacts = { digest: sha256(config), size: new TextEncoder().encode(config).length };
  return sha256(artifactManifest(sorted, configFacts));
}

function sha256(text: string): Digest {
  return digestOf(createHash('sha256').update(text).digest('hex'));
}
