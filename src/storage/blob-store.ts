import type { Digest } from '../core/versions/digest.ts';

/** What a check of stored bytes found. */
export type BlobHealth = 'sound' | 'missing' | 'corrupt';

/**
 * Bytes on their way in: copied and hashed, in nobody's sight yet. Whoever stages must `discard` in
 * the end, published or not.
 */
export interface StagedBlob {
  readonly digest: Digest;
  /** Bytes. */
  readonly size: number;
  /** A local file with the staged bytes, for inspection; valid until `discard`. */
  readonly path: string;
  /**
   * Makes the bytes durable under their digest. `exists`: sound bytes were there and their age was
   * renewed; `repaired`: what was there was not what its digest says, and went to quarantine. May
   * be called again, should a collector have taken the blob in between. The entry itself is durable
   * only after `BlobStore.sync`.
   */
  publish(): Promise<'created' | 'exists' | 'repaired'>;
  /** Removes the staged copy; what was published stays. Never rejects. */
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
 * What came of a repair. `sound`: it was read well this time; `restored`: sound bytes that were
 * kept elsewhere are in its place; `set-aside`: it is damaged, is kept aside, and is missing now;
 * `missing`: it was.
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
   * Resolves when every entry published before is durable. Rejects STORAGE, finally, if the medium
   * says no.
   */
  sync(): Promise<void>;
  /**
   * The bytes, in chunks, hashed on the way: rejects INTEGRITY, after the last chunk, if they are
   * not what the digest says.
   */
  read(digest: Digest): AsyncIterable<Uint8Array>;
  /**
   * A local file that holds the bytes, to look into at any place; they are not compared with the
   * digest. Rejects INTEGRITY where there is no such file.
   */
  locate(digest: Digest): Promise<string>;
  /** Reads all of the bytes and compares them with the digest. */
  check(digest: Digest): Promise<BlobHealth>;
  /** Size in bytes; undefined if the blob is not there. */
  size(digest: Digest): Promise<number | undefined>;
  /** Every blob that is stored, in no order. */
  list(): AsyncIterable<StoredBlob>;
  /**
   * Reads a blob again that was found damaged or missing, and puts sound bytes in its place, if
   * some were taken out or set aside. Damaged bytes are kept aside. Durable when it resolves. Only
   * for who holds the lease: see `CollectionStore`.
   */
  repair(digest: Digest): Promise<BlobRepair>;
  /**
   * Takes a blob out, if it was not published after `unwantedSince`, epoch milliseconds; a time
   * later than `now` counts as now. It is kept aside until `tidy` removes it. Only in a collection:
   * see `CollectionStore`.
   */
  moveToTrash(digest: Digest, unwantedSince: number, now?: number): Promise<'taken' | 'young' | 'missing'>;
  /**
   * Removes what is left of processes that are gone: files of ours whose process is known to be
   * dead, or that nobody has touched since `untouchedSince`; and what was taken out before
   * `takenBefore`, unless its digest is `spared`. Epoch milliseconds; where one is left out, that
   * place is not looked at. With `look`, it only counts. What has a name that is not ours stays,
   * whatever it is: `foreign`.
   */
  tidy(query: {
    untouchedSince?: number;
    takenBefore?: number;
    spared?: ReadonlySet<Digest>;
    look: boolean;
  }): Promise<{ leftovers: Remains; trash: Remains; foreign: string[] }>;
  /** The digests of what was taken out and is still kept. */
  trashed(): AsyncIterable<Digest>;
}
