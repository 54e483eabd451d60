import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { MlregError } from '../../core/errors.ts';
import type { ByteSource } from './onnx-model.ts';

/**
 * Calls `use` with the bytes of a file, and closes it afterwards. INVALID_INPUT if the file gets
 * shorter meanwhile.
 */
export function withFile<T>(location: string, use: (source: ByteSource) => T): T {
  const descriptor = openSync(location, 'r');
  try {
    return use({ size: fstatSync(descriptor).size, read: (...range) => readFully(descriptor, ...range) });
  } finally {
    closeSync(descriptor);
  }
}

/** As `withFile`, for asynchronous use. */
export async function withOpenFile<T>(location: string, use: (source: ByteSource) => Promise<T>): Promise<T> {
  const descriptor = openSync(location, 'r');
  try {
    return await use({
      size: fstatSync(descriptor).size,
      read: (...range) => readFully(descriptor, ...range),
    });
  } finally {
    closeSync(descriptor);
  }
}

function readFully(descriptor: number, position: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let done = 0;
  while (done < length) {
    const count = readSync(descriptor, bytes, done, length - done, position + done);
    if (count === 0)
      throw new MlregError('INVALID_INPUT', 'unexpected end of file', { hint: 'export the model again' });
    done += count;
  }
  return bytes;
}
