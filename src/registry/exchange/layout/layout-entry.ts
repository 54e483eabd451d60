import { sha256Hex } from '../../../storage/hash-chain.ts';
import { digestOf } from '../../../core/versions/digest.ts';
import type { Blob } from '../../../core/versions/oci-layout.ts';

/** A file of a layout that is being written. */
export interface LayoutEntry {
  /** Relative, `/`-separated. */
  path: string;
  /** Bytes that `content` gives. */
  size: number;
  content: () => AsyncIterable<Uint8Array>;
}

/**
 * Writes the entries, in order, to a place that nobody sees yet; `onBytes` is called with the count
 * of bytes of each chunk.
 */
export type WriteLayout = (
  place: string,
  entries: readonly LayoutEntry[],
  onBytes: (count: number) => void,
) => Promise<void>;

export function textEntry(path: string, text: string): LayoutEntry {
  const bytes = new TextEncoder().encode(text);
  return {
    path,
    size: bytes.length,
    async *content() {
      yield bytes;
    },
  };
}

export function blobOf(text: string): Blob {
  const bytes = new TextEncoder().encode(text);
  return { digest: digestOf(sha256Hex(bytes)), size: bytes.length };
}
