import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';

/**
 * Opens a named pipe, and waits for the process at its other end. That waits deaf to signals, so if
 * `signal` is aborted, the other end is opened here for a moment; then this rejects with its reason.
 */
export async function openPipe(
  path: string,
  end: 'read' | 'write',
  signal: AbortSignal | undefined,
): Promise<FileHandle> {
  signal?.throwIfAborted();
  const opened = open(path, end === 'read' ? constants.O_RDONLY : constants.O_WRONLY);
  const otherEnd = (end === 'read' ? constants.O_WRONLY : constants.O_RDONLY) | constants.O_NONBLOCK;
  const wake = (): void => void wakeUp(path, otherEnd, opened);
  signal?.addEventListener('abort', wake, { once: true });
  try {
    const handle = await opened;
    if (signal?.aborted !== true) return handle;
    await handle.close();
    throw signal.reason;
  } finally {
    signal?.removeEventListener('abort', wake);
  }
}

async function wakeUp(path: string, flags: number, opened: Promise<FileHandle>): Promise<void> {
  try {
    const other = await open(path, flags);
    await opened.catch(() => undefined);
    await other.close();
  } catch {
    // Nobody waits any more.
  }
}
