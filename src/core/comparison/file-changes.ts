import { compareFiles } from './file-comparison.ts';
import { escapeText } from '../text/quote.ts';
import type { ArtifactFile } from '../versions/version-record.ts';

export interface FileChange {
  /** Of the file before, or of the one that was added. */
  path: string;
  /** `a.onnx was renamed to b.onnx`: it has the same bytes under another name. */
  phrase: string;
}

/** What became of the files of an artifact in another one. */
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

/** Whether both have the same bytes, file by file, under whatever names. */
export function sameContents(before: readonly ArtifactFile[], after: readonly ArtifactFile[]): boolean {
  const digests = (files: readonly ArtifactFile[]): string =>
    files
      .map(({ digest }) => digest)
      .toSorted()
      .join();
  return digests(before) === digests(after);
}
