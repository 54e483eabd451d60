import { MlregError } from '../../core/errors.ts';
import {
  type Death,
  deathOf,
  killedAt,
  type Limit,
  type SessionChild,
  startSessionChild,
} from '../start-child.ts';
import { type MemoryWatch, watchMemory } from '../watch-memory.ts';
import { controlKind, frameLength, readReply, type ReplyFrame, type RequestFrame } from './frames.ts';
import { outbox } from './outbox.ts';
import type { BeginRun, LoadProgress, LoadReply } from './session-kind.ts';

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
  /** Loads the model. `begins` is told of each run that is part of it. Rejects only as `died` says. */
  load<Facts>(job: object, begins: BeginRun): Promise<LoadReply<Facts>>;
  /** Resolves when `load` was answered, or the process is gone. Never rejects. */
  loaded: Promise<void>;
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
  const child = startSessionChild(byParent ? 0 : limits.memoryLimitBytes);
  const watch = (bytes: number): MemoryWatch | null =>
    byParent ? watchMemory(child.pid, bytes, () => kill('memory')) : null;
  let memory = watch(limits.memoryLimitBytes);
  let killedBy: Limit | null = null;
  let closing = false;
  let told: ((said: LoadReply<never> | LoadProgress) => void) | undefined;
  const loaded = Promise.withResolvers<void>();

  function kill(limit: Limit): void {
    killedBy ??= limit;
    void child.kill();
  }
  const died = child.ended.then((gone): SessionDeath | null => {
    memory?.stop();
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
  died.catch(() => undefined).finally(loaded.resolve);

  const session: Session = {
    pid: child.pid,
    rssBytes: () => memory?.rssBytes() ?? null,
    limitMemory: (bytes) => {
      memory?.stop();
      memory = watch(bytes);
    },
    load: (job, begins) =>
      new Promise((resolve, reject) => {
        told = (said) => {
          if (said.kind === 'runs') return begins(said.run);
          resolve(said);
          loaded.resolve();
        };
        died.then((death) => reject(new SessionEnded(death)), reject);
        out.add({ id: 0, kind: controlKind, flags: 0, head: 0, body: Buffer.from(JSON.stringify(job)) });
      }),
    loaded: loaded.promise,
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
  const out = outbox(child.socket);
  readReplies(child, (reply) => {
    if (reply.id !== 0) return session.onReply(reply);
    // From our own program, for the job that was sent.
    told?.(JSON.parse(Buffer.from(reply.body).toString('utf8')) as LoadReply<never> | LoadProgress);
  });
  return session;
}

/** Why a model could not be loaded: its process ended. */
export class SessionEnded extends Error {
  readonly death: SessionDeath | null;

  constructor(death: SessionDeath | null) {
    super('the process of the session ended');
    this.death = death;
  }
}

/** Calls `take` for each reply; its body is valid in the call and afterwards. */
function readReplies({ socket }: SessionChild, take: (reply: ReplyFrame) => void): void {
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
      take(readReply(bytes, at));
      at += length;
    }
    rest = at === bytes.length ? [] : [bytes.subarray(at)];
    held = bytes.length - at;
  });
}
