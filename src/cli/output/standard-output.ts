import { fstatSync, writeSync } from 'node:fs';

/** The stream that commands print to. */
export interface OutputStream {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  /** Only set for a terminal. */
  readonly columns?: number;
  /** Whether a text is written when `write` returns. */
  readonly isDirect?: boolean;
  on(event: 'error', listener: (error: NodeJS.ErrnoException) => void): unknown;
}

/**
 * Standard output. To a pipe or a file the text is written at once, without the stream that
 * `process.stdout` would have to set up: that takes 3 ms, a tenth of Node's own start time. Node
 * writes to these synchronously, too.
 */
export function standardOutput(process: NodeJS.Process): OutputStream {
  return isPipeOrFile(1) ? directOutput(1) : process.stdout;
}

function isPipeOrFile(descriptor: number): boolean {
  try {
    const stats = fstatSync(descriptor);
    return process.platform !== 'win32' && (stats.isFIFO() || stats.isFile() || stats.isSocket());
  } catch {
    return false;
  }
}

function directOutput(descriptor: number): OutputStream {
  const listeners: ((error: NodeJS.ErrnoException) => void)[] = [];
  return {
    isDirect: true,
    write(text) {
      try {
        writeAll(descriptor, Buffer.from(text));
      } catch (error) {
        for (const listener of listeners) listener(error as NodeJS.ErrnoException);
      }
    },
    on: (_event, listener) => listeners.push(listener),
  };
}

function writeAll(descriptor: number, bytes: Uint8Array): void {
  let done = 0;
  while (done < bytes.length) {
    try {
      done += writeSync(descriptor, bytes, done);
    } catch (error) {
      // Another process made the shared pipe non-blocking, and its reader is slow.
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2);
    }
  }
}
