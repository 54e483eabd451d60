import type { Store } from './store.ts';

/** What an entry takes besides its bytes: its key, its place in the map, the object around it. */
const entryBytes = 256;

/** One entry may take this part of the whole; a larger one would drive out many that are asked for. */
const largestShare = 1 / 16;

/** Keeps up to `limitBytes`, overhead included; what was not asked for longest goes first. */
export function memoryStore(limitBytes: number): Store {
  // In the order of use: a Map gives its keys in the order of insertion.
  const entries = new Map<string, Uint8Array>();
  let bytes = 0;
  let evictions = 0;
  const remove = (key: string, { length }: Uint8Array): void => {
    entries.delete(key);
    bytes -= length + entryBytes;
  };
  return {
    get(key) {
      const found = entries.get(key);
      if (found === undefined) return undefined;
      entries.delete(key);
      entries.set(key, found);
      return found;
    },
    set(key, value) {
      const size = value.length + entryBytes;
      if (size > limitBytes * largestShare) return;
      const before = entries.get(key);
      if (before !== undefined) remove(key, before);
      entries.set(key, value);
      bytes += size;
      for (const [oldest, its] of entries) {
        if (bytes <= limitBytes) break;
        remove(oldest, its);
        evictions += 1;
      }
    },
    stats: () => ({ entries: entries.size, bytes, limitBytes, evictions, errors: 0 }),
    close: () => {
      entries.clear();
      bytes = 0;
      return Promise.resolve();
    },
  };
}
