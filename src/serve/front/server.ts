import type { IncomingMessage } from 'node:http';
import { Refusal, shown } from '../engine/refusal.ts';
import type { Tls } from '../guard/tls.ts';
import { beginExchange } from '../observe/exchange.ts';
import { answerError } from './answer.ts';
import type { BodyRequest } from './body-request.ts';
import type { FrontResponse } from './front-response.ts';
import { openHttpServer } from './http-server.ts';
import { listenOn } from './listen-on.ts';
import type { KeptResponse } from './kept-response.ts';
import { notedOf, type Noted, nothingNoted, notReached } from './note.ts';
import type { Call, FrontContext } from './route.ts';
import { openRouter } from './router.ts';
import { readAbsolute, refuseHead } from './refuse-head.ts';
import { prefersAsync, runAsJob } from './run-job.ts';
import { routes } from './routes.ts';
import { listenOnSocket } from './unix-socket.ts';
import { type UnreadAnswers, watchUnread } from './unread-answers.ts';
import { leaveUnread } from './unread-body.ts';

/** The listening server for REST. */
export interface RestServer {
  /** The port that was chosen, if 0 was asked for. */
  port: number;
  /**
   * Takes no more connections, and resolves when every request that has begun is answered, or after
   * `mostMs`.
   */
  drain(mostMs: number): Promise<void>;
  /** Closes every connection. */
  close(): Promise<void>;
}

/** Where to listen: an address, or instead of it a socket in the file system. */
export interface ListenAt {
  host: string;
  /** 0: any free one. */
  port: number;
  socket?: string | undefined;
}

/** Rejects as `listenOn` and `listenOnSocket`. */
export async function listen(
  front: FrontContext,
  { host, port, socket }: ListenAt,
  tls: Tls | undefined,
): Promise<RestServer> {
  const { limits } = front;
  const active = openCount();
  const unread = watchUnread(limits.bodies, { stallMs: limits.connections.unreadMs, bytesPerSecond });
  const server = openHttpServer(limits.connections, limits.connectionCount, tls, {
    handle: handlerOf(front, active, unread),
    refused: (code, remote) => noteRefused(front, code, remote),
  });
  if (socket === undefined) await listenOn(server, host, port, '--port');
  else await listenOnSocket(server, socket);
  const address = server.address();
  return {
    port: typeof address === 'object' ? (address?.port ?? 0) : 0,
    drain: async (mostMs) => {
      server.close();
      server.closeIdleConnections();
      front.jobs.close();
      await active.none(mostMs);
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          unread.close();
          resolve();
        });
        server.closeIdleConnections();
        setTimeout(() => server.closeAllConnections(), lastBytesMs).unref();
      }),
  };
}

/** A client that reads an answer more slowly is cut off. */
const bytesPerSecond = 100_000;

/** For the last bytes of answers to leave. */
const lastBytesMs = 500;

/** How many requests are being answered. */
interface Count {
  begin(): void;
  end(): void;
  /** Resolves when there are none, or after `mostMs`. */
  none(mostMs: number): Promise<void>;
}

function openCount(): Count {
  let count = 0;
  let reached: (() => void) | undefined;
  return {
    begin: () => void count++,
    end: () => {
      count--;
      if (count === 0) reached?.();
    },
    none: (mostMs) =>
      new Promise((resolve) => {
        if (count === 0) return resolve();
        const timer = setTimeout(resolve, mostMs);
        reached = () => {
          clearTimeout(timer);
          resolve();
        };
      }),
  };
}

function handlerOf(
  front: FrontContext,
  active: Count,
  unread: UnreadAnswers,
): (request: BodyRequest, response: FrontResponse) => void {
  const route = openRouter(routes, front.models.has);
  const { observe, makeId } = front.observer;
  return (request, response) => {
    const { method = '', headers, socket } = request;
    const absolute = readAbsolute(request);
    const { url = '' } = request;
    const exchange = beginExchange({ method, url, headers, remote: socket.remoteAddress ?? '' }, makeId);
    response.exchange = exchange;
    response.unread = unread;
    request.budget = front.limits.bodies;
    const done = (infers: boolean, noted: Noted): void =>
      observe({
        protocol: 'rest',
        infers,
        ...noted,
        code: response.headersSent ? response.statusCode : 499,
        totalMs: performance.now() - exchange.since,
        exchange,
      });
    // Node leaves out the body of an answer to HEAD.
    const routed = route(method === 'HEAD' ? 'GET' : method, url);
    try {
      refuseHead(request, absolute);
      const isOpen = routed.kind === 'match' && routed.match.route.open === true;
      if (!isOpen) exchange.client = front.guard.admit(headers);
    } catch (error) {
      failed(request, response, error);
      return done(false, nothingNoted);
    }
    if (routed.kind !== 'match') {
      const error = routed.kind === 'none' ? noPath(request) : wrongMethod(request, response, routed.allowed);
      failed(request, response, error);
      return done(false, nothingNoted);
    }
    const { model, version, id, route: found } = routed.match;
    const call: Call = { request, response, front, model, version, id, since: exchange.since };
    let isJob = false;
    const begin = (): void => {
      isJob = true;
      active.begin();
    };
    active.begin();
    // A client must not send its next request to a server that leaves.
    if (exchange.since >= front.drainingSince()) response.shouldKeepAlive = false;
    const answered = (): void => {
      active.end();
      // A job goes on, and counts when it has its answer.
      if (isJob) return done(false, notReached(call));
      request.release();
      done(found.infers === true, notedOf(call));
    };
    const ended = ({ status, noted, exchange: its = exchange }: KeptResponse): void => {
      active.end();
      request.release();
      const totalMs = performance.now() - exchange.since;
      observe({
        protocol: 'rest',
        infers: true,
        ...(noted ?? notReached(call)),
        // Given up, there is no answer.
        code: status === 0 ? 499 : status,
        totalMs,
        exchange: its,
      });
    };
    const refused = (error: unknown): void => {
      failed(request, response, error);
      answered();
    };
    try {
      const later = found.infers === true && prefersAsync(request.headers.prefer);
      const handled = later ? runAsJob(call, found, { begin, ended }) : found.handle(call);
      if (handled === undefined) answered();
      else void handled.then(answered, refused);
    } catch (error) {
      refused(error);
    }
  };
}

/** What is no request that could be read counts as one that named no model. */
function noteRefused({ observer: { observe, makeId } }: FrontContext, code: number, remote: string): void {
  const exchange = beginExchange({ method: '', url: '', headers: {}, remote }, makeId);
  observe({ protocol: 'rest', infers: true, ...nothingNoted, code, totalMs: 0, exchange });
}

function failed(request: BodyRequest, response: FrontResponse, error: unknown): void {
  leaveUnread(request, response);
  answerError(response, error);
}

function noPath({ url }: IncomingMessage): Refusal {
  return new Refusal(404, `no such path: ${shown(url)}`);
}

function wrongMethod(
  { method, url }: IncomingMessage,
  response: FrontResponse,
  allowed: readonly string[],
): Refusal {
  response.setHeader('Allow', allowed.join(', '));
  return new Refusal(405, `${method} is not possible for ${shown(url)}: use ${allowed.join(' or ')}`);
}
