import { write } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { MlregError } from '../../core/errors.ts';

const writeSome = promisify(write);

/**
 * Writes bytes to standard output unchanged, and resolves when they are written, without blocking
 * other work. False if the reader is gone. STORAGE if writing fails.
 */
export async function writeBytes(bytes: Uint8Array, descriptor = 1): Promise<boolean> {
  let done = 0;
  while (done < bytes.length) {
    try {
      done += (await writeSome(descriptor, bytes, done)).bytesWritten;
    } catch (cause) {
      const { code, message } = cause as NodeJS.ErrnoException;
      if (code === 'EPIPE') return false;
      if (code !== 'EAGAIN') {
        throw new MlregError('STORAGE', `could not write to stdout: ${message}`, {
          hint: 'the output is incomplete: delete it and run the command again',
          cause,
        });
      }
      // Another process made the shared pipe non-blocking, and its reader is slow.
      await sleep(2);
    }
  }
  return true;
}
