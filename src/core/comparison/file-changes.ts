import { escapeText } from '../text/quote.ts';
import type { ArtifactFile } from '../versions/version-record.ts';

export interface FileChange {
  /** The file's old path, or its new path if it was added. */
  path: string;
  /** `a.onnx was renamed to b.onnx`: it has the same bytes under another name. */
  phrase: string;
}

/** How the files of one artifact differ from those of another. */
export function fileChanges(before: readonly ArtifactFile[], after: readonly ArtifactFile[]): FileChange[] {
  const { changes } = compareFiles([before, after]);
  const added = new Map(
    changes.flatMap(({ files: [one, other] }) =>
      one === undefined && other !== undefined ? [[other.path, other.digest] as const] : [],
    ),
  );
  const became = ({ path, change, files: [one] }: (typeof changes)[number]): FileChange[] => {
    if (change === 'added') return [];
    const renamed = [...added].find(([, digest]) => digest === one?.digest)?.[0];
    const name = escapeText(path);
    if (change === 'changed' || renamed === undefined)
      return [{ path, phrase: `${name} ${change === 'changed' ? 'changed' : 'was removed'}` }];
    added.delete(renamed);
    return [{ path, phrase: `${name} was renamed to ${escapeText(renamed)}` }];
  };
  return [
    ...changes.flatMap(became),
    ...[...added.keys()].map((path) => ({ path, phrase: `${escapeText(path)} was added` })),
  ];
}

/** Whether both have the same bytes, file by file, under any names. */
export function sameContents(before: readonly ArtifactFile[], after: readonly ArtifactFile[]): boolean {
  const digests = (files: readonly ArtifactFile[]): string =>
    files
      .map(({ digest }) => digest)
      .toSorted()
      .join();
  return digests(before) === digests(after);
}

export interface ComparedFile {
  path: string;
  /**
   * The change from the first artifact to the last; `differs`: the two agree, but one in between
   * differs.
   */
  change: 'added' | 'removed' | 'changed' | 'differs';
  /** One for each artifact; undefined if it has no such file. */
  files: (ArtifactFile | undefined)[];
}

export interface FileComparison {
  /** How many files are the same in all artifacts. */
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
