import type { RegistryEvent } from '../core/events/event.ts';
import type { Digest } from '../core/versions/artifact.ts';
import type { Authorship } from './events.ts';
import type { VersionKey } from './versions.ts';

/**
 * Held by one process at a time. It ends with `release`, or when the process ends for any reason.
 */
export interface Lease {
  release(): Promise<void>;
}

/**
 * Which blobs versions need, and how the others are removed while other processes register.
 * `collections` counts the beginnings and ends of collections: it is odd during a collection, and
 * blobs are removed only then. A registration reads the count, publishes its blobs, and then passes
 * the count along; it is refused if the count is odd or has changed. So no blob was removed in
 * between.
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
   * Takes the lease that keeps collections and copies of blobs from running at the same time. BUSY
   * if another process held it for longer than the store was opened to wait.
   */
  lease(): Promise<Lease>;
  /**
   * The count for `NewVersion.ifCollections`, read when no collection is running. Waits for a
   * running one to end, and ends one whose process died. BUSY as for `lease`.
   */
  collections(): Promise<number>;
  /** Those of `digests` that no version needs, in their order. */
  unneededBlobs(digests: readonly Digest[]): Promise<Digest[]>;
  /**
   * The blobs that versions deleted after `since` (epoch milliseconds) needed. Clocks later than
   * `now` are not trusted.
   */
  blobsOfDeleted(query: { since: number; now?: number }): Promise<Digest[]>;
  /**
   * Begins a collection of those of `digests` that no version needs and that no version deleted
   * after the event `afterSeq` needed. If there are none, it does not begin. The caller must hold
   * the lease.
   */
  beginCollection(input: { digests: readonly Digest[]; afterSeq: number }): Promise<Digest[]>;
  /** Ends it. Records an event with what was removed, unless nothing was. */
  endCollection(
    input: Authorship & { blobs: number; bytes: number },
  ): Promise<{ event: RegistryEvent | null }>;
}
