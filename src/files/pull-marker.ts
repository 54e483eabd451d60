import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { canonicalJson } from '../core/json/canonical.ts';
import type { ArtifactFile } from '../core/versions/version-record.ts';

/**
 * A file in each folder that `pull --clean` made. It lists the files written there, so that the
 * next pull may remove them.
 */
export const pullMarkerName = '.mlreg-pull.json';

interface PullMarker {
  ref: string;
  digest: string;
  files: { path: string; digest: string; size: number }[];
}

/** Undefined if there is no readable marker: then no file in the folder is known to be mlreg's. */
export async function readPullMarker(folder: string): Promise<PullMarker | undefined> {
  try {
    const value = JSON.parse(await readFile(join(folder, pullMarkerName), 'utf8')) as Partial<PullMarker>;
    return Array.isArray(value.files) ? (value as PullMarker) : undefined;
  } catch {
    return undefined;
  }
}

/** Writes the marker durably. */
export async function writePullMarker(
  folder: string,
  { ref, digest, files }: { ref: string; digest: string; files: readonly ArtifactFile[] },
): Promise<void> {
  const file = await open(join(folder, pullMarkerName), 'wx', 0o644);
  try {
    await file.writeFile(`${canonicalJson({ formatVersion: 1, ref, digest, files })}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
}
