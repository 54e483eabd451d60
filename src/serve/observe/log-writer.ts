import type { LogSink } from './log-sink.ts';

/** Lines on their way to a sink. Nothing that happens to them ever holds up or ends the server. */
export interface LogWriter {
  /** Takes a line of ASCII without its end. If the buffer is full it is dropped, and counted. */
  line: (text: string) => void;
  /** Lines that were lost, because the reader was too slow or writing failed. */
  readonly dropped: number;
  /** What the system said when writing failed last, such as `ENOSPC`; null once a line is written again. */
  readonly trouble: string | null;
  /** Writes what is left, for at most `ms`, and closes the sink. */
  close: (ms?: number) => Promise<void>;
}

export interface LogWriterOptions {
  /** The line that tells how many were lost, once lines are written again. */
  lostLine: (lines: number) => string;
  /** What the buffer holds at most. */
  mostBytes?: number;
  /** Lines are collected for this long, so that a busy server writes many at a time. */
  gatherMs?: number;
  /** How long to wait until the next attempt if the reader is slow, and after an error. */
  fullMs?: number;
  failedMs?: number;
}

/**
 * Two blocks of half the buffer each: lines are collected in one while the other is written. Bytes
 * instead of texts, because texts that wait would be moved by each garbage collection.
 */
export function createLogWriter(sink: LogSink, options: LogWriterOptions): LogWriter {
  const { lostLine, mostBytes = 1 << 20, gatherMs = 20, fullMs = 20, failedMs = 1000 } = options;
  let block = Buffer.allocUnsafe(mostBytes / 2);
  let other = Buffer.allocUnsafe(mostBytes / 2);
  let end = 0;
  let dropped = 0;
  let told = 0;
  let trouble: string | null = null;
  let isWithinLine = false;
  let pumping: Promise<void> | undefined;
  let isClosed = false;

  const append = (text: string): boolean => {
    if (end + text.length >= block.length) return false;
    block.write(text, end, 'latin1');
    end += text.length;
    block[end] = newline;
    end += 1;
    return true;
  };

  const pump = async (): Promise<void> => {
    await pause(gatherMs);
    while (end > 0 && !isClosed) {
      const full = block.subarray(0, end);
      [block, other] = [other, block];
      end = 0;
      await writeAll(full);
      if (dropped > told && trouble === null && append(lostLine(dropped - told))) told = dropped;
    }
    pumping = undefined;
  };

  const writeAll = async (block: Buffer): Promise<void> => {
    // After an error within a line, the next one must not continue it.
    const bytes = isWithinLine ? Buffer.concat([Buffer.of(newline), block]) : block;
    for (let at = 0; at < bytes.length && !isClosed;) {
      const rest = bytes.subarray(at);
      try {
        const taken = await sink.write(rest.subarray(0, wholeLines(rest, sink.chunk)));
        at += taken;
        if (taken === 0) await pause(fullMs);
        else {
          trouble = null;
          isWithinLine = bytes[at - 1] !== newline;
        }
      } catch (error) {
        const { code, message } = error as NodeJS.ErrnoException;
        trouble = code ?? message;
        dropped += linesIn(rest);
        await pause(failedMs);
        return;
      }
    }
  };

  return {
    line(text) {
      if (isClosed || !append(text)) dropped += 1;
      else pumping ??= pump();
    },
    get dropped() {
      return dropped;
    },
    get trouble() {
      return trouble;
    },
    async close(ms = 500) {
      // The timer keeps the process alive while there is something to wait for.
      let timer: NodeJS.Timeout | undefined;
      const expired = new Promise((resolve) => void (timer = setTimeout(resolve, ms)));
      if (pumping !== undefined) await Promise.race([pumping, expired]);
      clearTimeout(timer);
      isClosed = true;
      sink.close();
    },
  };
}

const newline = 0x0a;

/** The length of the whole lines at the start of the bytes that fit into `most`, or `most`. */
function wholeLines(bytes: Buffer, most: number): number {
  if (bytes.length <= most) return bytes.length;
  return bytes.lastIndexOf(newline, most - 1) + 1 || most;
}

function linesIn(bytes: Buffer): number {
  let lines = 0;
  for (let at = bytes.indexOf(newline); at !== -1; at = bytes.indexOf(newline, at + 1)) lines += 1;
  return lines;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms).unref();
  });
}
