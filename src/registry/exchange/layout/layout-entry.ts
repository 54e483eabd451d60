import { sha256Hex } from '../../../storage/hash-chain.ts';
import { digestOf } from '../../../core/versions/artifact.ts';
import type { Blob } from '../../../core/versions/oci-layout.ts';

/** A file of a layout to be written. */
export interface LayoutEntry {
  /** Relative, with `/` as separator. */
  path: string;
  /** Number of bytes that `content` yields. */
  size: number;
  content: () => AsyncIterable<Uint8Array>;
}

/**
 * Writes the entries, in order, to a place that no other process sees yet. `onBytes` is called with
 * the number of bytes in each chunk.
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
