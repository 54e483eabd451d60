import { open } from 'node:fs/promises';
import { parseCheckpoint, type Checkpoint } from '../../core/events/checkpoint.ts';
import { MlregError } from '../../core/errors.ts';
import { quote } from '../../core/text/quote.ts';
import { asSourceError } from '../../files/path-errors.ts';

const largest = 64 * 1024;

/**
 * Reads a checkpoint from a file. NOT_FOUND if there is no file, INVALID_INPUT if it is not a
 * checkpoint.
 */
export async function readCheckpoint(path: string): Promise<Checkpoint> {
  const buffer = Buffer.alloc(largest + 1);
  let length: number;
  try {
    const file = await open(path, 'r');
    try {
      ({ bytesRead: length } = await file.read(buffer, 0, buffer.length, null));
    } finally {
      await file.close();
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EISDIR')
      throw new MlregError('INVALID_INPUT', `${quote(path)} is a folder`, {
        hint: 'use a file written by mlreg history --checkpoint',
        cause: error,
      });
    throw asSourceError(error, path);
  }
  if (length > largest)
    throw new MlregError('INVALID_INPUT', `${quote(path)} is too large for a checkpoint`, {
      hint: 'use a file written by mlreg history --checkpoint',
    });
  return parseCheckpoint(buffer.toString('utf8', 0, length), quote(path));
}
