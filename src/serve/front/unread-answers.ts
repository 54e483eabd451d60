import type { Socket } from 'node:net';
import type { BodyBudget } from './body-budget.ts';
import type { FrontResponse } from './front-response.ts';

/** Answers that were handed over and wait for their clients to read them. */
export interface UnreadAnswers {
  /** Memory for an answer, before it is handed over. False: there is none. */
  hold(response: FrontResponse, bytes: number): boolean;
  /** To be called when an answer was handed over. */
  watch(response: FrontResponse): void;
  close(): void;
}

export interface UnreadLimits {
  /** Milliseconds without a byte that the client reads. */
  stallMs: number;
  /** Bytes of an answer that a client must read in a second, from `stallMs` on. */
  bytesPerSecond: number;
}

interface Unread {
  socket: Socket;
  bytes: number;
  /** By `performance.now()`. */
  until: number;
}

/**
 * Bounds what clients cost that ask and do not read: the memory of their answers counts with that of
 * bodies, and who reads nothing, or too slowly, is cut off.
 */
export function watchUnread(budget: BodyBudget, { stallMs, bytesPerSecond }: UnreadLimits): UnreadAnswers {
  const unread = new Map<FrontResponse, Unread>();
  const forget = (response: FrontResponse): void => {
    budget.give(unread.get(response)?.bytes ?? 0);
    unread.delete(response);
  };
  const hold = (response: FrontResponse, bytes: number): boolean => {
    const { socket } = response.req;
    if (!budget.take(bytes)) return false;
    const until = performance.now() + stallMs + (1000 * bytes) / bytesPerSecond;
    unread.set(response, { socket, bytes, until });
    response.once('finish', () => forget(response));
    return true;
  };
  // Node tells nobody of the end of an answer that waited for its turn when its connection was closed.
  const checks = setInterval(
    () => {
      const now = performance.now();
      for (const [response, { socket, until }] of unread) {
        if (now > until) socket.destroy();
        if (socket.destroyed) forget(response);
      }
    },
    Math.min(1000, stallMs / 4),
  ).unref();
  return {
    hold,
    watch(response) {
      const { socket } = response.req;
      const waiting = response.writableLength;
      if (waiting === 0 || response.writableFinished || socket.destroyed) return;
      // There is no answer to a client that does not read.
      if (!unread.has(response) && !hold(response, waiting)) return void socket.destroy();
      // Node sets another time for the next request.
      socket.setTimeout(stallMs);
    },
    close: () => clearInterval(checks),
  };
}
