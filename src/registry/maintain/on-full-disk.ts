import { isMlregError } from '../../core/errors.ts';
import { emptyTrash, keptInTrashMs, removeLeftovers } from './tidy-home.ts';
import type { Registry } from '../registry.ts';

/** Whether writing failed because the disk is full. */
export function isFullDisk(error: unknown): boolean {
  return isMlregError(error, 'STORAGE') && error.details?.['full'] === true;
}

/**
 * Runs the action with a writable registry. One that was opened on a full disk is read-only, so it
 * is opened again.
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
 * Runs an action that frees space once it is done. If the disk is full, removes what can be removed
 * without writing a row, then runs the action again.
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

/**
 * Removes leftovers, and what has been in trash/ for its full time. Returns whether anything was
 * removed.
 */
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
