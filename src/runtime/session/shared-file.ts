import { closeSync, ftruncateSync, openSync, unlinkSync, writeSync } from 'node:fs';

/** Bodies above this size go through a file in memory: a socket takes three times as long. */
export const sharedFrom = 32 * 1024;
/** More than this at once goes through the socket. */
export const mostSharedBytes = 32 * 2 ** 20;

/**
 * One direction of bodies between a server and its child: a file in memory without a name, which the
 * child inherits. One end writes; it counts what the other end has read.
 */
export interface SharedWriter {
  /** Where the body begins; undefined: it has to go through the socket. */
  put(body: Uint8Array): number | undefined;
  /** `count` bodies were read since. */
  read(count: number): void;
}

/** A file that had more than this in it is emptied when it was read: its pages are memory. */
const keptBytes = 4 * 2 ** 20;

/** Writes from the start again whenever everything was read. */
export function sharedWriter(descriptor: number): SharedWriter {
  let end = 0;
  let unread = 0;
  let works = true;
  return {
    put: (body) => {
      if (!works || end + body.length > mostSharedBytes) return undefined;
      try {
        for (let at = 0; at < body.length;) at += writeSync(descriptor, body, at, body.length - at, end + at);
      } catch {
        // Containers have little room there, 64 MB by default.
        works = false;
        return undefined;
      }
      const start = end;
      end += body.length;
      unread += 1;
      return start;
    },
    read: (count) => {
      unread -= count;
      if (unread > 0 || end === 0) return;
      if (end > keptBytes) ftruncateSync(descriptor);
      end = 0;
    },
  };
}

let made = 0;

/** Its descriptor; null where there is no file system in memory. */
function openSharedFile(): number | null {
  const path = `/dev/shm/mlreg-${process.pid}-${made++}`;
  try {
    const descriptor = openSync(path, 'wx+', 0o600);
    unlinkSync(path);
    return descriptor;
  } catch {
    return null;
  }
}

/** Two files, from the server and to it; null: bodies go through the socket. */
export function openSharedPair(): { requests: number; replies: number; close(): void } | null {
  const requests = openSharedFile();
  if (requests === null) return null;
  const replies = openSharedFile();
  if (replies === null) {
    closeSync(requests);
    return null;
  }
  return {
    requests,
    replies,
    close: () => {
      closeSync(requests);
      closeSync(replies);
    },
  };
}
