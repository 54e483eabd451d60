import type { ArtifactFile } from '../versions/version-record.ts';

export interface ComparedFile {
  path: string;
  /** What became of it in the last artifact against the first; `differs`: only those between have another. */
  change: 'added' | 'removed' | 'changed' | 'differs';
  /** One for each artifact; undefined where it has no such file. */
  files: (ArtifactFile | undefined)[];
}

export interface FileComparison {
  /** How many files all have, with the same bytes. */
  same: number;
  /** The others, by path. */
  changes: ComparedFile[];
}

export function compareFiles(artifacts: readonly (readonly ArtifactFile[])[]): FileComparison {
  const byPath = artifacts.map((files) => new Map(files.map((file) => [file.path, file])));
  const paths = [...new Set(artifacts.flatMap((files) => files.map(({ path }) => path)))].sort();
  const changes = paths.flatMap((path): ComparedFile[] => {
    const files = byPath.map((map) => map.get(path));
    const same = files.every((file) => file !== undefined && file.digest === files[0]?.digest);
    return same ? [] : [{ path, change: changeOf(files[0], files.at(-1)), files }];
  });
  return { same: paths.length - changes.length, changes };
}

function changeOf(first: ArtifactFile | undefined, last: ArtifactFile | undefined): ComparedFile['change'] {
  if (first?.digest === last?.digest) return 'differs';
  if (first === undefined) return 'added';
  return last === undefined ? 'removed' : 'changed';
}
