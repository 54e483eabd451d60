import { isMlregError } from '../../core/errors.ts';
import { emptyTrash, keptInTrashMs, removeLeftovers } from './tidy-home.ts';
import type { Registry } from '../registry.ts';

/** Whether it is for want of room that something could not be written. */
export function isFullDisk(error: unknown): boolean {
  return isMlregError(error, 'STORAGE') && error.details?.['full'] === true;
}

/**
 * Lends a registry that can be written: one that was opened while its disk was full only reads, and
 * is opened once more.
 */
export async function withRoom<T>(
  registry: Registry,
  action: (registry: Registry) => Promise<T>,
): Promise<T> {
  if (registry.unwritable === undefined) return action(registry);
  const again = await registry.again();
  try {
    return await action(again);
  } finally {
    await again.close();
  }
}

/**
 * Does what frees space in the end, and where the disk is full, once more, after what needs no row
 * has gone.
 */
export async function makingRoom<T>(
  registry: Registry,
  action: (registry: Registry) => Promise<T>,
): Promise<T> {
  try {
    return await action(registry);
  } catch (error) {
    if (!isFullDisk(error) || !(await makeRoom(registry))) throw error;
    return withRoom(registry, action);
  }
}

/** Whether something went: leftovers, and what has been in trash/ for its time. */
async function makeRoom(registry: Registry): Promise<boolean> {
  const { removed } = await removeLeftovers(registry, { untouchedMs: 0, look: false });
  const lease = await registry.metadata.lease();
  try {
    const takenBefore = registry.now() - keptInTrashMs;
    const trash = await emptyTrash(registry, { takenBefore, look: false });
    return removed.files + trash.removed.files > 0;
  } finally {
    await lease.release();
  }
}
