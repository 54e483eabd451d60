import type { Digest } from '../core/versions/artifact.ts';

/** What a check of stored bytes found. */
export type BlobHealth = 'sound' | 'missing' | 'corrupt';

/**
 * Bytes on their way in: copied and hashed, but not published yet. The caller must `discard` them
 * in the end, published or not.
 */
export interface StagedBlob {
  readonly digest: Digest;
  /** Bytes. */
  readonly size: number;
  /** A local file with the staged bytes, for inspection; valid until `discard`. */
  readonly path: string;
  /**
   * Makes the bytes durable under their digest. `exists`: sound bytes were already stored, and
   * their age was renewed; `repaired`: the stored bytes did not match their digest and were moved
   * to quarantine. May be called again, in case a collector has removed the blob in between. The
   * directory entry itself is durable only after `BlobStore.sync`.
   */
  publish(): Promise<'created' | 'exists' | 'repaired'>;
  /** Removes the staged copy; published bytes stay. Never rejects. */
  discard(): Promise<void>;
}

/** A blob as it lies in the store. */
export interface StoredBlob {
  digest: Digest;
  /** Bytes. */
  size: number;
  /** When it was last published, epoch milliseconds of the store's own clock. */
  wantedAt: number;
}

/**
 * The outcome of a repair. `sound`: this time the blob was read without an error; `restored`:
 * replaced by sound bytes that were kept elsewhere; `set-aside`: damaged, moved to quarantine, and
 * now missing; `missing`: it was missing and still is.
 */
export type BlobRepair = 'sound' | 'restored' | 'set-aside' | 'missing';

/** What `tidy` found in one place. */
export interface Remains {
  files: number;
  bytes: number;
  /** Within the home: `tmp/…`. */
  paths: string[];
}

/**
 * Content-addressed bytes, each stored once under their SHA-256. Blobs never change. Errors:
 * STORAGE for the medium, INTEGRITY for bytes that are missing or not what their digest says.
 */
export interface BlobStore {
  /**
   * Copies `content` in while hashing it; nothing is kept if it rejects. Memory does not grow with
   * the content. `onBytes` is called with the count of bytes of each chunk written.
   */
  stage(content: AsyncIterable<Uint8Array>, onBytes?: (count: number) => void): Promise<StagedBlob>;
  /**
   * Resolves when every entry published before is durable. Rejects STORAGE for good if the medium
   * reports a failure.
   */
  sync(): Promise<void>;
  /**
   * The bytes, in chunks, hashed while they are read. Rejects INTEGRITY after the last chunk if
   * they do not match the digest.
   */
  read(digest: Digest): AsyncIterable<Uint8Array>;
  /**
   * A local file with the bytes, for random access; they are not checked against the digest.
   * Rejects INTEGRITY if there is no such file.
   */
  locate(digest: Digest): Promise<string>;
  /** Reads all of the bytes and compares them with the digest. */
  check(digest: Digest): Promise<BlobHealth>;
  /** Size in bytes; undefined if the blob is not there. */
  size(digest: Digest): Promise<number | undefined>;
  /** Every stored blob, in no particular order. */
  list(): AsyncIterable<StoredBlob>;
  /**
   * Reads a blob again that was found damaged or missing. Replaces it with sound bytes if the trash
   * or the quarantine has some. Damaged bytes are kept in quarantine. Durable when it resolves. The
   * caller must hold the lease: see `CollectionStore`.
   */
  repair(digest: Digest): Promise<BlobRepair>;
  /**
   * Moves a blob to the trash unless it was published after `unwantedSince`, epoch milliseconds; a
   * time later than `now` counts as now. It stays there until `tidy` removes it. Only during a
   * collection: see `CollectionStore`.
   */
  moveToTrash(digest: Digest, unwantedSince: number, now?: number): Promise<'taken' | 'young' | 'missing'>;
  /**
   * Removes leftovers: our temporary files whose process is known to be dead or that have not been
   * touched since `untouchedSince`, and trash older than `takenBefore` unless its digest is
   * `spared`. Times are epoch milliseconds; if one is omitted, that place is skipped. With `look`,
   * it only counts. A file whose name is not one of ours always stays, and is counted as `foreign`.
   */
  tidy(query: {
    untouchedSince?: number;
    takenBefore?: number;
    spared?: ReadonlySet<Digest>;
    look: boolean;
  }): Promise<{ leftovers: Remains; trash: Remains; foreign: string[] }>;
  /** The digests of the blobs in the trash. */
  trashed(): AsyncIterable<Digest>;
}
