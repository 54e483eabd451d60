import type { FeedData } from '../feeds/feed-dtypes.ts';

/**
 * Elements as the binary data of the Open Inference Protocol has them: little-endian, each text after
 * its length in 4 bytes. A view of numbers, not a copy.
 */
export function rawBytes(data: FeedData): Buffer {
  if (!Array.isArray(data)) return Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  return Buffer.concat(
    data.flatMap((text) => {
      const bytes = Buffer.from(text);
      const length = Buffer.alloc(4);
      length.writeUInt32LE(bytes.length);
      return [length, bytes];
    }),
  );
}
