import { createServer, type IncomingMessage, type Server, type ServerOptions } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Tls } from '../guard/tls.ts';
import { BodyRequest } from './body-request.ts';
import { type ConnectionCount, limitConnections } from './connection-count.ts';
import { FrontResponse } from './front-response.ts';
import { readSlowly } from './unread-body.ts';

/** What a client may do before it is cut off. Times are in milliseconds. */
export interface ConnectionLimits {
  /** From the connection, or the first byte of a request, until its headers are there. */
  headerMs: number;
  /** Until its body is there, too. */
  requestMs: number;
  /** Between two requests on a connection. */
  idleMs: number;
  /** Without any byte in either direction, while a request is answered. */
  silentMs: number;
  /** Without any byte of an answer that the client reads. */
  unreadMs: number;
  maxConnections: number;
  /** Bytes of the bodies of all requests, and of answers that nobody read yet, together. Default: see `usualBudget`. */
  allBodiesBytes?: number;
}

export const usualLimits: ConnectionLimits = {
  headerMs: 10_000,
  requestMs: 60_000,
  idleMs: 75_000,
  silentMs: 60_000,
  unreadMs: 10_000,
  maxConnections: 16_000,
};

/** Bytes of the request line and all headers. */
const maxHeadBytes = 16_384;
export const maxHeaders = 128;

/** What is told of connections. */
export interface Handlers {
  handle: (request: BodyRequest, response: FrontResponse) => void;
  /** Something was refused before it was a request that could be handled. */
  refused: (code: number, remote: string) => void;
}

/** A server that bounds what each client can hold, and says why when it refuses. */
export function openHttpServer(
  limits: ConnectionLimits,
  count: ConnectionCount,
  tls: Tls | undefined,
  { handle, refused }: Handlers,
): Server {
  const options: ServerOptions<typeof BodyRequest, typeof FrontResponse> = {
    IncomingMessage: BodyRequest,
    ServerResponse: FrontResponse,
    headersTimeout: limits.headerMs,
    requestTimeout: limits.requestMs,
    keepAliveTimeout: limits.idleMs,
    connectionsCheckingInterval: Math.min(2000, limits.headerMs),
    maxHeaderSize: maxHeadBytes,
    insecureHTTPParser: false,
    // So that it is answered like the rest: see `refuseHead`.
    requireHostHeader: false,
  };
  const server = (
    tls === undefined
      ? createServer(options, handle)
      : createTlsServer({ ...options, ...tls.options(), ALPNProtocols: ['http/1.1'] }, handle)
  ) as Server<typeof BodyRequest, typeof FrontResponse>;
  tls?.follow(server as never);
  // What is above the count is dropped without a word: one more is kept, and then refused.
  server.maxHeadersCount = maxHeaders + 1;
  server.timeout = limits.silentMs;
  const end = (socket: Duplex, status: string, error: string, headers?: string): void => {
    // Before anything is sent: afterwards the socket may not know its other end.
    refused(Number(status.slice(0, 3)), (socket as Socket).remoteAddress ?? '');
    socket.end(rawAnswer(status, error, headers));
  };
  limitConnections(server, count, (socket) => {
    if (tls !== undefined) return void socket.destroy();
    end(socket, '503 Service Unavailable', count.reached, 'Retry-After: 1\r\n');
    // A client that does not close must not keep the descriptor either.
    setTimeout(() => socket.destroy(), refusedMs).unref();
  });
  server.on('clientError', (error, socket) => answerBroken(error, socket, end));
  // The handler decides whether the body is wanted.
  server.on('checkContinue', (request, response) => {
    request.sayContinue = () => response.writeContinue();
    handle(request, response);
  });
  server.on('connect', (_request: IncomingMessage, socket: Duplex) => {
    socket.on('error', () => undefined);
    end(socket, '405 Method Not Allowed', 'CONNECT is not possible: this server is no proxy');
  });
  return server as unknown as Server;
}

const refusedMs = 500;

/** Sends an answer that no request of Node's belongs to, and tells of it. */
type End = (socket: Duplex, status: string, error: string, headers?: string) => void;

/** What Node adds to a socket: the answer that is next to be sent on it. */
interface HttpSocket extends Duplex {
  _httpMessage?: FrontResponse | null;
}

/** Answers what is no request, or did not come in time, if it is this one's turn. */
function answerBroken(
  error: NodeJS.ErrnoException & { reason?: string },
  socket: HttpSocket,
  end: End,
): void {
  const current = socket._httpMessage;
  if (!socket.writable || error.code === 'ECONNRESET') return void socket.destroy();
  if (
    current?.headersSent === true ||
    (current as { req?: IncomingMessage } | null | undefined)?.req?.complete === true
  ) {
    // An earlier request is being answered: that stays the answer to it.
    current?.once('finish', () => socket.destroy());
    return;
  }
  const [status, why] = brokenAs(error);
  end(socket, status, why);
  readSlowly(socket as Socket);
}

function brokenAs({ code, reason, message }: NodeJS.ErrnoException & { reason?: string }): [string, string] {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return [
        '431 Request Header Fields Too Large',
        `the path and the headers have more than ${maxHeadBytes} bytes, or there are more than ${maxHeaders} headers`,
      ];
    case 'HPE_CHUNK_EXTENSIONS_OVERFLOW':
      return ['413 Content Too Large', 'the extensions of a chunk have more than 16384 bytes'];
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return ['408 Request Timeout', 'the request did not arrive in time'];
    case undefined:
    default:
      return ['400 Bad Request', `this is not a request of HTTP/1.1: ${reason ?? message}`];
  }
}

function rawAnswer(status: string, error: string, headers = ''): string {
  const body = JSON.stringify({ error });
  return (
    `HTTP/1.1 ${status}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n` +
    `${headers}Connection: close\r\n\r\n${body}`
  );
}
