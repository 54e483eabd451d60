import { readSync } from 'node:fs';
import { MlregError } from '../../core/errors.ts';
import { type MemoryWatch, watchMemory } from '../run-job.ts';
import {
  type Death,
  deathOf,
  killedAt,
  type Limit,
  type SessionChild,
  startSessionChild,
} from '../start-child.ts';
import {
  controlKind,
  frameLength,
  readReply,
  replyFlags,
  type ReplyFrame,
  type RequestFrame,
  sharedPlace,
} from './frames.ts';
import { outbox, type SharedEnd } from './outbox.ts';
import { mostSharedBytes, openSharedPair, sharedWriter } from './shared-file.ts';
import type { LoadReply } from './session-kind.ts';

/** How a session ended. */
export interface SessionDeath extends Death {
  /** The end of its stderr. */
  stderr: string;
}

/** A child process that has ONNX Runtime and, once it is loaded, one model. */
export interface Session {
  readonly pid: number | undefined;
  /** Resident bytes at the last check; null: unknown. */
  rssBytes(): number | null;
  /** Sets another limit of memory. Only where this process watches the child: on Linux. */
  limitMemory(bytes: number): void;
  /** Loads the model. Rejects only as `died` says. */
  load<Facts>(job: object): Promise<LoadReply<Facts>>;
  /** Hands a request over. Its answer goes to `onReply`. */
  send(request: RequestFrame): void;
  onReply: (reply: ReplyFrame) => void;
  /**
   * Resolves when the process is gone, with the reason; null after `close`. Never rejects, but for a
   * process that could not be started.
   */
  died: Promise<SessionDeath | null>;
  /** Ends it at a limit. */
  kill(limit: Limit): void;
  /** Closes the socket, at which the child ends, and waits for that. */
  close(): Promise<void>;
}

const closeMs = 500;

/**
 * Starts a child process for one model. It loads ONNX Runtime at once, so that it can be started
 * before anybody knows the model. `died` tells how it ended.
 */
export function startSession(limits: { memoryLimitBytes: number }): Session {
  const byParent = process.platform === 'linux';
  const files = openSharedPair();
  const child = startSessionChild(
    byParent ? 0 : limits.memoryLimitBytes,
    files === null ? [] : [files.requests, files.replies],
  );
  const watch = (bytes: number): MemoryWatch | null =>
    byParent ? watchMemory(child.pid, bytes, () => kill('memory')) : null;
  let memory = watch(limits.memoryLimitBytes);
  let killedBy: Limit | null = null;
  let closing = false;
  let loaded: ((reply: LoadReply<never>) => void) | undefined;

  function kill(limit: Limit): void {
    killedBy ??= limit;
    void child.kill();
  }
  const died = child.ended.then((gone): SessionDeath | null => {
    memory?.stop();
    files?.close();
    if (!gone.started)
      throw new MlregError('INTERNAL', `cannot start a child process: ${gone.cause.message}`, {
        hint: 'check the limits on processes and memory: ulimit -a',
        cause: gone.cause,
      });
    if (closing) return null;
    const rss = memory?.rssBytes() ?? null;
    const stderr = child.stderr();
    return {
      ...(killedBy === null ? deathOf(gone, stderr, rss) : killedAt(killedBy, rss)),
      stderr,
    };
  });
  died.catch(() => undefined);

  const session: Session = {
    pid: child.pid,
    rssBytes: () => memory?.rssBytes() ?? null,
    limitMemory: (bytes) => {
      memory?.stop();
      memory = watch(bytes);
    },
    load: (job) =>
      new Promise((resolve, reject) => {
        loaded = resolve;
        died.then((death) => reject(new SessionEnded(death)), reject);
        out.add({ id: 0, kind: controlKind, flags: 0, head: 0, body: Buffer.from(JSON.stringify(job)) });
      }),
    send: (request) => out.add(request),
    onReply: () => undefined,
    died,
    kill,
    close: async () => {
      closing = true;
      child.socket.end();
      const timer = setTimeout(() => void child.kill(), closeMs);
      await died;
      clearTimeout(timer);
    },
  };
  const shared = files === null ? null : sharedEnd(files);
  const out = outbox(child.socket, shared);
  readReplies(child, (bytes, at) => {
    const reply = readReply(bytes, at);
    const place = sharedPlace(bytes, at, replyFlags(bytes, at));
    if (place !== null) {
      const body = shared?.readReply(place);
      // Only a child that does not follow our own program does that.
      if (body === undefined) return kill('memory');
      reply.body = body;
    }
    shared?.answered(reply.id);
    if (reply.id !== 0) return session.onReply(reply);
    // From our own program, for the job that was sent.
    loaded?.(JSON.parse(Buffer.from(reply.body).toString('utf8')) as LoadReply<never>);
  });
  return session;
}

interface SharedFiles extends SharedEnd {
  /** Undefined for a place that no reply can have. */
  readReply(place: readonly [offset: number, length: number]): Buffer | undefined;
  /** The body of this request was read, if it was shared. */
  answered(id: number): void;
}

function sharedEnd(files: { requests: number; replies: number }): SharedFiles {
  const writer = sharedWriter(files.requests);
  const sent = new Set<number>();
  let read = 0;
  return {
    put: (id, body) => {
      const offset = writer.put(body);
      if (offset !== undefined) sent.add(id);
      return offset;
    },
    takeRead: () => {
      const taken = read;
      read = 0;
      return taken;
    },
    readReply: ([offset, length]) => {
      if (offset + length > mostSharedBytes) return undefined;
      const body = Buffer.allocUnsafeSlow(length);
      for (let at = 0; at < length;) {
        const got = readSync(files.replies, body, at, length - at, offset + at);
        if (got === 0) return undefined;
        at += got;
      }
      read += 1;
      return body;
    },
    answered: (id) => {
      if (sent.size > 0 && sent.delete(id)) writer.read(1);
    },
  };
}

/** Why a model could not be loaded: its process ended. */
export class SessionEnded extends Error {
  readonly death: SessionDeath | null;

  constructor(death: SessionDeath | null) {
    super('the process of the session ended');
    this.death = death;
  }
}

/** Calls `take` for each reply that is complete, with where it begins. */
function readReplies({ socket }: SessionChild, take: (bytes: Buffer, at: number) => void): void {
  let rest: Buffer[] = [];
  let held = 0;
  let needed = 0;
  // The end of the process is reported by the process.
  socket.on('error', () => undefined);
  socket.on('data', (chunk: Buffer) => {
    rest.push(chunk);
    held += chunk.length;
    if (held < needed) return;
    const bytes = rest.length === 1 ? chunk : Buffer.concat(rest, held);
    let at = 0;
    needed = 0;
    for (;;) {
      const length = frameLength(bytes, at, bytes.length);
      if (length === undefined) break;
      if (at + length > bytes.length) {
        needed = length;
        break;
      }
      take(bytes, at);
      at += length;
    }
    rest = at === bytes.length ? [] : [bytes.subarray(at)];
    held = bytes.length - at;
  });
}
