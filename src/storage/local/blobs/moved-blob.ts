import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { copyFile, link } from 'node:fs/promises';
import { join } from 'node:path';
import { hexOf, type Digest } from '../../../core/versions/artifact.ts';
import { isErrno } from './fs-errors.ts';
import { syncFile } from '../../../files/fsync.ts';

/**
 * The name of a blob that is moved out of its place: `<hex>-<epoch ms>-<8 hex>`. So each one is
 * kept, with the time at which it was moved.
 */
export function movedPath(home: string, folder: 'trash' | 'quarantine', digest: Digest): string {
  return join(home, folder, `${hexOf(digest)}-${Date.now()}-${randomUUID().slice(0, 8)}`);
}

/** The digest and the time (epoch milliseconds) in such a name; undefined for any other name. */
export function readMovedName(name: string): { hex: string; at: number } | undefined {
  const [, hex, at] = /^([0-9a-f]{64})-(\d{1,15})-[0-9a-f]{8}$/.exec(name) ?? [];
  return hex === undefined ? undefined : { hex, at: Number(at) };
}

/** A second name for a file; a copy if the system allows only the owner to link it. */
export async function linkOrCopy(path: string, other: string): Promise<void> {
  try {
    await link(path, other);
  } catch (error) {
    if (!isErrno(error, 'EPERM')) throw error;
    await copyFile(path, other, constants.COPYFILE_EXCL);
    // The original may lose its last name next.
    await syncFile(other);
  }
}
