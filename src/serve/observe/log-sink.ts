import { closeSync, constants, fstatSync, openSync, write, writeSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { promisify } from 'node:util';

/** Where bytes of a log go. A sink never blocks the event loop on a slow reader. */
export interface LogSink {
  /** How many bytes to write at a time. */
  readonly chunk: number;
  /**
   * Resolves with how many of the bytes were written, from their start; 0: none, the reader is slow.
   * Rejects with what the system says. One write at a time.
   */
  write: (bytes: Uint8Array) => Promise<number>;
  close: () => void;
}

const writeInThread = promisify(write);
const { O_APPEND, O_CREAT, O_NONBLOCK, O_NOCTTY, O_WRONLY } = constants;

/** The system writes this much to a pipe as a whole, so that lines of several writers do not mix. */
const pipeChunk = 4096;
const fileChunk = 256 * 1024;

/**
 * Opens a file for appending; a new one can be read by its owner and group. If a rotation moves or
 * removes it, a new one is opened within a second, so that nobody has to send a signal. Throws what
 * open(2) says.
 */
export function fileSink(path: string, now: () => number = performance.now.bind(performance)): LogSink {
  let descriptor = openToAppend(path);
  if (!fstatSync(descriptor).isFile()) return streamOf(descriptor, () => closeSync(descriptor));
  let lookedAt = now();
  const follow = async (): Promise<void> => {
    lookedAt = now();
    const there = await stat(path).catch(() => undefined);
    const here = fstatSync(descriptor);
    if (there?.ino === here.ino && there.dev === here.dev) return;
    const before = descriptor;
    descriptor = openToAppend(path);
    closeSync(before);
  };
  return {
    chunk: fileChunk,
    async write(bytes) {
      if (now() - lookedAt >= followMs) await follow();
      return (await writeInThread(descriptor, bytes)).bytesWritten;
    },
    close: () => closeSync(descriptor),
  };
}

const followMs = 1000;

/** A named pipe without a reader must be an error, not a server that hangs. */
function openToAppend(path: string): number {
  return openSync(path, O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK | O_NOCTTY, 0o640);
}

/**
 * The process's stderr. A pipe or terminal is opened once more, because only so can it become
 * non-blocking for this use alone: other processes that share it do not expect that. A write that blocks would
 * keep a thread until the reader reads, and the process from ending.
 */
export function stderrSink(): LogSink {
  const stats = fstatSync(stderr);
  const keep = (): void => undefined;
  if (stats.isFile()) return inThread(stderr);
  // A socket cannot be opened again, but Node has made it non-blocking once the stream exists.
  if (stats.isSocket() && process.stderr.writable) return streamOf(stderr, keep);
  try {
    const again = openSync(`/proc/self/fd/${stderr}`, O_WRONLY | O_NONBLOCK | O_NOCTTY);
    return streamOf(again, () => closeSync(again));
  } catch {
    // Not on Linux, or another user's terminal.
    return inThread(stderr);
  }
}

const stderr = 2;

/** A file system may be slow: a thread waits for it, not the event loop. */
function inThread(descriptor: number): LogSink {
  return {
    chunk: fileChunk,
    write: async (bytes) => (await writeInThread(descriptor, bytes)).bytesWritten,
    close: () => undefined,
  };
}

function streamOf(descriptor: number, close: () => void): LogSink {
  return {
    chunk: pipeChunk,
    async write(bytes) {
      try {
        return writeSync(descriptor, bytes);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return 0;
        throw error;
      }
    },
    close,
  };
}
