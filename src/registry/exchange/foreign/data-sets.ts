import { createHash } from 'node:crypto';
import { posix } from 'node:path';
import type { DataEntry } from '../../../core/metadata/metadata.ts';
import { digestOf, type Digest } from '../../../core/versions/artifact.ts';
import type { ForeignFacts } from '../../../core/versions/foreign-facts.ts';
import type { ForeignLayer } from '../../../core/versions/foreign-manifest.ts';
import type { ArtifactFile } from '../../../core/versions/version-record.ts';
import { folderHash } from '../../register/data-hash.ts';
import { checkForeignPaths } from './check-paths.ts';

/** The files of each layer that holds data, hashed and not stored. */
export type DataFiles = Map<ForeignLayer, ArtifactFile[]>;

export async function hashFile(path: string, content: AsyncIterable<Uint8Array>): Promise<ArtifactFile> {
  const hash = createHash('sha256');
  let size = 0;
  for await (const chunk of content) {
    hash.update(chunk);
    size += chunk.length;
  }
  return { path, digest: digestOf(hash.digest('hex')), size };
}

/**
 * Names, hashes and sizes of the data sets, with the hashes that `register --data` gives for the
 * same file or folder.
 */
export function dataEntries(files: DataFiles, { datasets }: ForeignFacts): DataEntry[] {
  const taken = new Set<string>();
  const unique = (name: string): string => {
    let free = name;
    for (let count = 2; taken.has(free); count += 1) free = `${name}-${count}`;
    taken.add(free);
    return free;
  };
  return [...files].map(([layer, found]) => {
    checkForeignPaths(found.map(({ path }) => path));
    const about = datasets.get(layer.digest);
    const given = about?.path ?? null;
    const root = given === null ? commonFolder(found) : posix.normalize(given).replace(/\/$/, '');
    const size = found.reduce((sum, file) => sum + file.size, 0);
    return { name: unique(about?.name ?? layer.path ?? root), hash: hashOf(found, root), size };
  });
}

function hashOf(files: readonly ArtifactFile[], root: string): Digest {
  const [file, ...others] = files;
  if (file !== undefined && others.length === 0 && file.path === root) return file.digest;
  const below = (path: string): string => (path.startsWith(`${root}/`) ? path.slice(root.length + 1) : path);
  return folderHash(files.map((one) => ({ ...one, path: below(one.path) })));
}

/** The path of a single file, or the folder at the top that holds all of them. */
function commonFolder(files: readonly ArtifactFile[]): string {
  const [file, ...others] = files;
  if (file === undefined) return 'dataset';
  if (others.length === 0) return file.path;
  const [top = ''] = file.path.split('/');
  return files.every(({ path }) => path.startsWith(`${top}/`)) ? top : 'dataset';
}
