import type { RegistryEvent } from '../core/events/event.ts';
import type { Digest } from '../core/versions/digest.ts';
import type { Authorship } from './events.ts';
import type { VersionKey } from './versions.ts';

/**
 * Held by one process at a time. It ends with `release`, or with the process, however that ends.
 */
export interface Lease {
  release(): Promise<void>;
}

/**
 * Which blobs versions need, and how the others are removed while somebody registers. `collections`
 * counts the beginnings and ends of collections: it is odd while one is under way, which is the
 * only time at which blobs are removed. A registration reads it, publishes its blobs, and then
 * names it; it is refused if the count is odd or has changed. So no blob was removed in between.
 */
export interface CollectionStore {
  /**
   * Digests of every blob that some version needs, with their size if known, in slices ordered by
   * digest.
   */
  neededBlobs(query: { after?: Digest; limit: number }): Promise<{ digest: Digest; size: number | null }[]>;
  /** Versions that need a blob, their golden sets included, oldest first. */
  versionsNeeding(digest: Digest, limit: number): Promise<VersionKey[]>;

  /**
   * Takes the lease that keeps collections and copies of blobs apart. BUSY when another process has
   * had it for longer than the store was opened to wait.
   */
  lease(): Promise<Lease>;
  /**
   * The count, once no collection is under way: for `NewVersion.ifCollections`. Waits for the end
   * of one, and ends that of a process which died. BUSY as `lease`.
   */
  collections(): Promise<number>;
  /** Those of `digests` that no version needs, in their order. */
  unneededBlobs(digests: readonly Digest[]): Promise<Digest[]>;
  /**
   * What the versions needed that were deleted after `since` (epoch milliseconds). Clocks later
   * than `now` are not trusted.
   */
  blobsOfDeleted(query: { since: number; now?: number }): Promise<Digest[]>;
  /**
   * Begins a collection of those of `digests` that no version needs, and that no version needed
   * which was deleted after the event `afterSeq`. If there are none, it does not begin. Only with
   * the lease.
   */
  beginCollection(input: { digests: readonly Digest[]; afterSeq: number }): Promise<Digest[]>;
  /** Ends it. An event says what was removed, unless that is nothing. */
  endCollection(
    input: Authorship & { blobs: number; bytes: number },
  ): Promise<{ event: RegistryEvent | null }>;
}
