/** Where answers are kept. A store that fails or is slow is one that has nothing: it never rejects. */
export interface Store {
  /** The bytes under this key, which nobody may change; undefined: it has none. */
  get(key: string): Uint8Array | undefined | Promise<Uint8Array | undefined>;
  /** Keeps the bytes if it can. They must not change afterwards. */
  set(key: string, bytes: Uint8Array): void;
  stats(): StoreStats;
  close(): Promise<void>;
}

/** For metrics. Null: it does not know. */
export interface StoreStats {
  entries: number | null;
  bytes: number | null;
  limitBytes: number | null;
  /** Entries that had to go for others. */
  evictions: number;
  /** Reads and writes that failed or took too long. */
  errors: number;
}
