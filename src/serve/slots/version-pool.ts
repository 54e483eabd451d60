import { formatReference } from '../../core/versions/reference.ts';
import type { VersionRecord } from '../../core/versions/version-record.ts';
import type { ServedVersion } from '../served.ts';

/** Keeps a version loaded. When the last lease is released, the version is closed. */
export interface Lease {
  /** Rejects as `loadVersion`. */
  version: Promise<ServedVersion>;
  /**
   * Resolves when the version is closed, which answers what it had, or at once if another holds it. A
   * version that is still loading, and that nobody else waits for, is given up.
   */
  release: () => Promise<void>;
}

/** Loads each version once, whatever number of names it is served under. */
export interface VersionPool {
  take(record: VersionRecord): Lease;
}

export type Load = (record: VersionRecord, signal: AbortSignal) => Promise<ServedVersion>;

interface Entry {
  version: Promise<ServedVersion>;
  holders: number;
  abandon: AbortController;
}

export function versionPool(load: Load): VersionPool {
  // By digest, too: a registry that was replaced can have other bytes under the same number.
  const entries = new Map<string, Entry>();
  return {
    take(record) {
      const key = `${formatReference(record.name, record.version)} ${record.artifact.digest}`;
      let entry = entries.get(key);
      if (entry === undefined) {
        const abandon = new AbortController();
        entry = { version: load(record, abandon.signal), holders: 0, abandon };
        entries.set(key, entry);
        // What failed can be tried again by the next.
        entry.version.catch(() => forget(key, entry));
      }
      entry.holders += 1;
      return { version: entry.version, release: releaseOnce(key, entry) };
    },
  };

  function releaseOnce(key: string, entry: Entry): () => Promise<void> {
    let isReleased = false;
    return async () => {
      if (isReleased) return;
      isReleased = true;
      entry.holders -= 1;
      if (entry.holders > 0) return;
      forget(key, entry);
      entry.abandon.abort();
      const version = await entry.version.catch(() => undefined);
      await version?.close();
    };
  }

  function forget(key: string, entry: Entry | undefined): void {
    if (entries.get(key) === entry) entries.delete(key);
  }
}
