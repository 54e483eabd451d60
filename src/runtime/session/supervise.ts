import { flag, noRun, type ReplyFrame, type RequestFrame } from './frames.ts';
import { recycleClock, type RecycleLimits } from './recycle.ts';
import { deathMessage, loadInto, type LoadLimits, NotServed } from './load-into.ts';
import { type Session, type SessionDeath, startSession } from './session.ts';

/** A request to a model: see `RequestFrame`. */
export interface ModelRequest extends Pick<RequestFrame, 'kind' | 'head' | 'body'> {
  /** Whether nobody waits for the answer any more; the model then does not get the request. */
  isGone?: (() => boolean) | undefined;
}

/** An answer, or why there is none. */
export interface ModelReply extends Omit<ReplyFrame, 'id'> {
  /** Milliseconds from the request to its answer. */
  totalMs: number;
}

export interface SuperviseOptions extends LoadLimits {
  /** Ends the first loading. */
  signal?: AbortSignal | undefined;
  /** From a request to its answer. A child that answers nothing for so long is ended. */
  deadlineMs: number;
  /** Requests that wait or run; one more is refused with 429. */
  maxQueue: number;
  /** Requests that the child may have at once; the others can still be dropped. */
  window: number;
  /** Takes a booted child. */
  take?: (limits: { memoryLimitBytes: number }) => Session;
  onDeath?: (death: SessionDeath, message: string) => void;
  /** When the process is replaced by a new one, without losing a request. Default: never. */
  recycle?: RecycleLimits | undefined;
  /** A process was to be replaced, but goes on: its successor could not be loaded. */
  onStay?: (why: string) => void;
  /** Requests are refused for so many milliseconds. */
  onBreak?: (why: string, ms: number) => void;
}

/** A model that answers, whatever happens to its process. */
export interface Supervised<Facts> {
  facts: Facts;
  onnxruntime: string;
  infer: (request: ModelRequest) => Promise<ModelReply>;
  /** Requests that wait or run. */
  pending: () => number;
  /** Processes that ended without being told to. */
  deaths: () => number;
  /** Processes that were replaced because of `recycle`. */
  recycled: () => number;
  /** Why requests are refused at the moment, because no process lives long enough; null: they are not. */
  broken: () => string | null;
  pid: () => number | undefined;
  rssBytes: () => number | null;
  /** Resolves when nothing is pending. New requests are still taken. */
  idle: () => Promise<void>;
  /** Answers what is pending, and ends the process. */
  close: () => Promise<void>;
}

interface Waiting {
  frame: RequestFrame;
  since: number;
  settle: (reply: ModelReply) => void;
  /** It was in the child when that died. */
  suspect: boolean;
  /** Children that had it and were killed by somebody else. */
  kills: number;
  sent: boolean;
  isGone: (() => boolean) | undefined;
}

/**
 * After so many deaths in a row, requests are refused for a while before the next child is tried. A
 * request that ends its child does so twice; between others, which are answered, it never counts so
 * far.
 */
const fruitlessDeaths = 5;

/**
 * So often a request is sent again after its child was killed from outside, which it had no part in.
 * More often is no accident.
 */
const mostKills = 20;

/**
 * Whether another process killed it. The kernel does that, too, to what fills the memory: then it
 * held much. What died before anybody looked held little.
 */
function isOutside({ by, rssBytes }: SessionDeath, { memoryLimitBytes }: SuperviseOptions): boolean {
  return by === 'system' && (rssBytes ?? 0) < memoryLimitBytes / 2;
}

/** 1, 2, 4 … 60 s; a fraction of a second for negative `times`. */
function breakMs(times: number): number {
  return Math.min(60_000, 1000 * 2 ** times);
}

/**
 * Loads a model into a child, and keeps one that has it. If the child dies, the next one is loaded,
 * and the requests that the dead one had are sent to it once more, one at a time: whichever ends a
 * child again is answered with 500, the others are answered. If child after child dies without an
 * answer, requests are refused with 503 for a while, which doubles up to a minute. Rejects
 * `NotServed` if the model cannot be loaded the first time.
 */
export async function supervise<Facts>(job: object, options: SuperviseOptions): Promise<Supervised<Facts>> {
  const { deadlineMs, maxQueue, window, take = startSession, signal } = options;
  let nextId = 1;
  let deaths = 0;
  let closed = false;
  let session: Session | null = null;
  /** In order of arrival; those that were sent are at the front, except suspects. */
  const queue = new Map<number, Waiting>();
  const unsent: Waiting[] = [];
  let inChild = 0;
  let suspects: Waiting[] = [];
  let lastReply = 0;
  const idlers: (() => void)[] = [];
  /** Why requests are refused: no child could be loaded, or the last ones all died at once. */
  let broken: string | null = null;
  /** Children that died one after the other without a single answer. */
  let fruitless = 0;
  const clock = recycleClock(options.recycle ?? {});
  let recycled = 0;
  let isReplacing = false;
  /** Set while a successor waits for the answers of the child before: requests wait for it. */
  let onEmpty: (() => void) | undefined;

  const finish = (one: Waiting, reply: Omit<ModelReply, 'totalMs'>): void => {
    queue.delete(one.frame.id);
    one.settle({
      status: reply.status,
      head: reply.head,
      body: reply.body,
      batch: reply.batch,
      computeMicros: reply.computeMicros,
      waitMicros: reply.waitMicros,
      inputMicros: reply.inputMicros,
      outputMicros: reply.outputMicros,
      totalMs: performance.now() - one.since,
    });
    if (queue.size === 0) for (const resolve of idlers.splice(0)) resolve();
  };
  const refuse = (one: Waiting, status: number, message: string): void =>
    finish(one, failureReply(status, message));

  const send = (one: Waiting): void => {
    one.sent = true;
    inChild += 1;
    session?.send(one.frame);
  };
  /** Hands over what the child may have: suspects alone, each after the other. */
  const fill = (): void => {
    if (session === null || onEmpty !== undefined) return;
    if (suspects.length > 0) {
      if (inChild > 0) return;
      while (suspects.length > 0 && inChild === 0) handOver(suspects.shift());
      return;
    }
    while (inChild < window && unsent.length > 0) {
      handOver(unsent.shift());
    }
  };
  /** It may have been answered without the child, by its deadline. */
  const handOver = (one: Waiting | undefined): void => {
    if (one === undefined || !queue.has(one.frame.id)) return;
    if (one.isGone?.() === true) refuse(one, 499, 'the client left');
    else send(one);
  };
  /** Makes room in the queue. */
  const dropGone = (): void => {
    for (const one of queue.values())
      if (!one.sent && one.isGone?.() === true) refuse(one, 499, 'the client left');
  };

  const begin = (started: Session): void => {
    session = started;
    clock.begin();
    lastReply = performance.now();
    started.onReply = (reply) => {
      lastReply = performance.now();
      inChild -= 1;
      fruitless = 0;
      const one = queue.get(reply.id);
      if (one !== undefined) finish(one, reply);
      if (clock.answered()) void replace(started);
      if (inChild === 0) onEmpty?.();
      if (suspects.length > 0 || unsent.length > 0) fill();
    };
    const onDeath = async (): Promise<void> => {
      const death = await started.died;
      if (session === started && death !== null) await recover(death);
    };
    void onDeath();
    fill();
  };
  /** Loads a successor beside the child; requests wait only until the child has answered what it has. */
  const replace = async (old: Session): Promise<void> => {
    if (isReplacing || closed) return;
    isReplacing = true;
    try {
      const { session: next } = await loadInto(job, options, take);
      if (session === old && inChild > 0) await new Promise<void>((empty) => (onEmpty = empty));
      onEmpty = undefined;
      // It died in the meantime, and has another successor.
      if (session !== old || closed) {
        fill();
        return void next.close();
      }
      recycled += 1;
      begin(next);
      void old.close();
    } catch (error) {
      clock.begin();
      options.onStay?.(error instanceof Error ? error.message : String(error));
    } finally {
      isReplacing = false;
    }
  };
  const recover = async (death: SessionDeath): Promise<void> => {
    session = null;
    inChild = 0;
    onEmpty?.();
    deaths += 1;
    const message = deathMessage(death, options);
    options.onDeath?.(death, message);
    const isKilled = isOutside(death, options);
    const again: Waiting[] = [];
    for (const one of queue.values()) {
      if (!one.sent) continue;
      one.sent = false;
      if (isKilled && one.kills++ < mostKills) again.push(one);
      else if (one.suspect) refuse(one, 500, `the model ${message} on this request, twice`);
      else {
        one.suspect = true;
        one.frame.flags |= flag.alone;
        again.push(one);
      }
    }
    // After a kill from outside nothing is suspect that was not before.
    suspects = [...again.filter(({ suspect }) => suspect), ...suspects];
    unsent.unshift(...again.filter(({ suspect }) => !suspect));
    if (!isKilled) fruitless += 1;
    // A child that never answers anything costs a start each time, and its clients their patience.
    if (fruitless >= fruitlessDeaths) {
      const times = `${fruitless} processes of this version ended one after the other without an answer`;
      await refuseFor(`${times}; the last one ${message}`, breakMs(fruitless - fruitlessDeaths));
    }
    for (let tries = 0; !closed; tries++) {
      try {
        const { session: next } = await loadInto(job, options, take);
        if (closed) return void next.close();
        broken = null;
        return begin(next);
      } catch (error) {
        const killed = error instanceof NotServed && error.death !== null && isOutside(error.death, options);
        if (killed && tries < mostKills) continue;
        await refuseFor(error instanceof NotServed ? error.message : String(error), breakMs(tries - 3));
      }
    }
  };
  /** Refuses what waits and what comes, for a while. */
  const refuseFor = async (why: string, ms: number): Promise<void> => {
    if (broken !== why) options.onBreak?.(why, ms);
    broken = why;
    for (const one of queue.values()) refuse(one, 503, why);
    suspects = [];
    unsent.length = 0;
    await new Promise((resolve) => setTimeout(resolve, ms).unref());
  };

  const watch = setInterval(
    () => {
      const now = performance.now();
      for (const one of queue.values()) {
        if (now - one.since < deadlineMs) break;
        const stuck = one.sent && now - lastReply >= deadlineMs;
        refuse(one, 504, `no answer within ${deadlineMs} ms`);
        if (stuck) session?.kill('time');
      }
      if (session !== null && clock.grown(session.rssBytes())) void replace(session);
    },
    Math.max(5, Math.min(100, deadlineMs / 10)),
  );
  watch.unref();

  const first = await loadInto(job, options, take, signal).catch((error: unknown) => {
    clearInterval(watch);
    throw error;
  });
  begin(first.session);

  const idle = (): Promise<void> =>
    queue.size === 0 ? Promise.resolve() : new Promise((resolve) => void idlers.push(resolve));
  return {
    facts: first.reply.facts as Facts,
    onnxruntime: first.reply.onnxruntime,
    pending: () => queue.size,
    deaths: () => deaths,
    recycled: () => recycled,
    broken: () => broken,
    pid: () => session?.pid,
    rssBytes: () => session?.rssBytes() ?? null,
    infer: (request) =>
      new Promise((settle) => {
        if (queue.size >= maxQueue) dropGone();
        if (queue.size >= maxQueue)
          return settle({ ...failureReply(429, `${maxQueue} requests are waiting already`), totalMs: 0 });
        if (closed || broken !== null)
          return settle({ ...failureReply(503, broken ?? 'this version is closed'), totalMs: 0 });
        const id = nextId;
        nextId = nextId === 0xffff_ffff ? 1 : nextId + 1;
        const one: Waiting = {
          frame: { id, kind: request.kind, flags: 0, head: request.head, body: request.body },
          since: performance.now(),
          settle,
          suspect: false,
          kills: 0,
          sent: false,
          isGone: request.isGone,
        };
        // The clock of the child's silence starts when it gets work.
        if (queue.size === 0) lastReply = one.since;
        queue.set(id, one);
        const isFree = session !== null && onEmpty === undefined && inChild < window;
        if (isFree && unsent.length === 0 && suspects.length === 0) send(one);
        else unsent.push(one);
      }),
    idle,
    close: async () => {
      await idle();
      closed = true;
      clearInterval(watch);
      await session?.close();
    },
  };
}

function failureReply(status: number, message: string): Omit<ModelReply, 'totalMs'> {
  return { ...noRun, status, head: 0, body: Buffer.from(message) };
}
