import { fstatSync, readSync } from 'node:fs';
import type { ByteSource } from '../../src/onnx/file/bytes.ts';

export function bytesSource(bytes: Uint8Array): ByteSource {
  return {
    size: bytes.length,
    read(position, length) {
      if (position + length > bytes.length) throw new Error('read past the end');
      return bytes.subarray(position, position + length);
    },
  };
}

/** An open file, read through one buffer, as the contract of `ByteSource` allows. */
export function fileSource(fd: number): ByteSource {
  let buffer = Buffer.alloc(0);
  return {
    size: fstatSync(fd).size,
    read(position, length) {
      if (buffer.length < length) buffer = Buffer.alloc(length);
      const read = readSync(fd, buffer, 0, length, position);
      if (read !== length) throw new Error('read past the end');
      return buffer.subarray(0, length);
    },
  };
}
