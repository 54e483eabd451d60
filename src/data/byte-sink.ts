import { write } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { createGzip, createZstdCompress } from 'node:zlib';
import { MlregError } from '../core/errors.ts';
import type { Compression } from './table-format.ts';

/** Takes the bytes of a table, to compress and write them. */
export interface ByteSink {
  /** Resolves when more may come. */
  write(bytes: Uint8Array): Promise<void>;
  /** Writes what a compression still holds back. */
  end(): Promise<void>;
  /** True once the reader of a pipe has left: the rest has nobody to go to. */
  isClosed(): boolean;
}

const writeSome = promisify(write);

/** Its methods reject STORAGE if writing fails; `what` names the file in the message. */
export function openSink(descriptor: number, compression: Compression, what: string): ByteSink {
  let closed = false;
  const put = async (bytes: Uint8Array): Promise<void> => {
    let done = 0;
    while (done < bytes.length && !closed) {
      try {
        done += (await writeSome(descriptor, bytes, done)).bytesWritten;
      } catch (cause) {
        const { code = '' } = cause as NodeJS.ErrnoException;
        // Another process made the pipe non-blocking, and its reader is slow.
        if (code === 'EAGAIN') await sleep(2);
        else if (code === 'EPIPE') closed = true;
        else throw unwritable(what, code, cause);
      }
    }
  };
  if (compression === 'none') return { write: put, end: () => Promise.resolve(), isClosed: () => closed };

  const packer = compression === 'gzip' ? createGzip() : createZstdCompress();
  const written = (async () => {
    for await (const chunk of packer) await put(chunk as Buffer);
  })();
  // Reported by the next call.
  written.catch(() => undefined);
  return {
    async write(bytes) {
      if (packer.write(bytes)) return;
      await Promise.race([new Promise((resolve) => packer.once('drain', resolve)), written]);
    },
    async end() {
      packer.end();
      await written;
    },
    isClosed: () => closed,
  };
}

/** That a file cannot be written; `code` is the system's. */
export function unwritable(what: string, code: string, cause: unknown): MlregError {
  const why = { ENOSPC: 'the disk is full', EDQUOT: 'the disk quota is used up' }[code] ?? code;
  return new MlregError('STORAGE', `could not write ${what}: ${why}`, {
    hint: 'free some space, or write to another disk',
    cause,
  });
}
