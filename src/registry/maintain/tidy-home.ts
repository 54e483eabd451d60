import type { Digest } from '../../core/versions/artifact.ts';
import type { Remains } from '../../storage/blob-store.ts';
import type { Registry } from '../registry.ts';

/** How long a blob that was taken out can be put back. */
export const keptInTrashMs = 7 * 24 * 3600e3;
/**
 * Minimum age of leftovers from a process that may run on another machine, whatever was asked for.
 */
export const leastLeftoverMs = 24 * 3600e3;
const slice = 500;

/** What was, or would be, removed, and the names that are not mlreg's, which stay. */
export interface Tidied {
  removed: Remains;
  foreign: string[];
}

/**
 * Removes what killed processes left. It needs neither a row nor a lease: no other process reads
 * it.
 */
export async function removeLeftovers(
  registry: Registry,
  { untouchedMs, look }: { untouchedMs: number; look: boolean },
): Promise<Tidied> {
  const untouchedSince = registry.now() - Math.max(untouchedMs, leastLeftoverMs);
  const { leftovers, foreign } = await registry.blobs.tidy({ untouchedSince, look });
  return { removed: leftovers, foreign };
}

/**
 * Deletes for good what was taken out before `takenBefore`, in epoch milliseconds. Keeps blobs that
 * a version needs but lacks: a repair can put them back. Only for the holder of the lease.
 */
export async function emptyTrash(
  registry: Registry,
  { takenBefore, look }: { takenBefore: number; look: boolean },
): Promise<Tidied> {
  const spared = new Set<Digest>();
  let batch = new Set<Digest>();
  const judge = async (): Promise<void> => {
    const unneeded = new Set(await registry.metadata.unneededBlobs([...batch]));
    for (const digest of batch)
      if (!unneeded.has(digest) && (await registry.blobs.check(digest)) !== 'sound') spared.add(digest);
    batch = new Set();
  };
  for await (const digest of registry.blobs.trashed()) {
    if (batch.add(digest).size >= slice) await judge();
  }
  await judge();
  const { trash, foreign } = await registry.blobs.tidy({ takenBefore, spared, look });
  return { removed: trash, foreign };
}
