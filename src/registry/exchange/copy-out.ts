import { checkArtifactPaths } from '../../core/versions/artifact.ts';
import type { Artifact } from '../../core/versions/version-record.ts';
import { writeFiles } from '../../files/write-files.ts';
import { refuseOwnFolder, type OnProgress, type Registry } from '../registry.ts';

export interface CopyOptions {
  /** Replace files that have other content. */
  force: boolean;
  /** Paths of files that get the executable bit; other existing files keep theirs. */
  executable?: ReadonlySet<string> | undefined;
  onProgress?: OnProgress;
}

/**
 * Writes the files of an artifact that `directory` lacks; returns how many were changed. Check the
 * artifact's listing first. INVALID_INPUT for a path that leads out of the folder or into the
 * registry; INTEGRITY if stored bytes are damaged; other errors as in `writeFiles`.
 */
export async function copyOut(
  registry: Registry,
  { files }: Pick<Artifact, 'files'>,
  directory: string,
  { force, executable, onProgress }: CopyOptions,
): Promise<number> {
  const paths = files.map((file) => file.path);
  checkArtifactPaths(paths);
  await refuseOwnFolder(registry, directory, paths);
  return writeFiles(directory, files, {
    read: ({ digest }) => registry.blobs.read(digest),
    force,
    executable,
    signal: registry.signal,
    onBytes: onProgress && ((done, total) => onProgress({ done, total, what: 'copying' })),
  });
}
