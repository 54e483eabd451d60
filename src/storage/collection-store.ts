import type { Digest } from '../core/versions/digest.ts';
import type { RegistryEvent } from '../core/events/event.ts';
import type { Authorship } from './metadata-changes.ts';

/** Held by one process at a time. It ends with `release`, or with the process, however that ends. */
export interface Lease {
  release(): Promise<void>;
}

/**
 * How blobs that no version needs are taken out while others register. `collections` counts the beginnings and ends of
 * collections, so that it is odd while one is under way, which is the only time at which blobs leave. Who registers reads it, publishes, and
 * names it in the registration, which is refused if it is odd or has changed: then no blob left between the look at it and the row.
 */
export interface CollectionStore {
  /**
   * Takes the lease that keeps collectors, and whoever copies blobs, from each other. BUSY when another process has it for longer than the
   * store was opened to wait.
   */
  lease(): Promise<Lease>;
  /**
   * How often blobs have been collected, when no collection is under way: for `NewVersion.ifCollections`. Waits for the end of one, and ends
   * that of a collector which died. BUSY as `lease`.
   */
  collections(): Promise<number>;
  /** Those of `digests` that no version needs, in their order. */
  unneededBlobs(digests: readonly Digest[]): Promise<Digest[]>;
  /** What the versions needed that were deleted since then, as clocks not later than `now` can be trusted. Epoch milliseconds. */
  blobsOfDeleted(query: { since: number; now?: number }): Promise<Digest[]>;
  /**
   * Begins a collection of those of `digests` that no version needs, and that no version needed which was deleted after the event
   * `afterSeq`; where there are none, it is not begun. Only for who holds the lease.
   */
  beginCollection(input: { digests: readonly Digest[]; afterSeq: number }): Promise<Digest[]>;
  /** Ends it. An event says what was taken out, unless that is nothing. */
  endCollection(
    input: Authorship & { blobs: number; bytes: number },
  ): Promise<{ event: RegistryEvent | null }>;
}
