import { constants, createSecureServer, createServer, type IncomingHttpHeaders } from 'node:http2';
import type { ServerOptions } from 'node:http2';
import type { Http2SecureServer, Http2Server, ServerHttp2Session, ServerHttp2Stream } from 'node:http2';
import type { BodyBudget } from '../front/body-budget.ts';
import { type ConnectionCount, limitConnections } from '../front/connection-count.ts';
import type { Tls } from '../guard/tls.ts';
import { beginExchange } from '../observe/exchange.ts';
import { Call, lingerMs } from './call.ts';
import { checkEncoding } from './message-frames.ts';
import { GrpcError } from './status.ts';

/**
 * Starts a call: it calls `call.listen`, and answers at once or later. What it throws is how the
 * call ends.
 */
export type Method = (call: Call) => void;

export interface GrpcServerOptions {
  /** By path, such as `/grpc.health.v1.Health/Check`. */
  methods: ReadonlyMap<string, Method>;
  makeId: () => string;
  /** Told of each call once, when its answer is handed over, with its status in HTTP. */
  answered: (call: Call, code: number) => void;
  /** Undefined: without encryption. */
  tls?: Tls | undefined;
  /**
   * The name of the client's token; null: none is needed. Throws what the call is refused with. It is
   * asked before the method is known.
   */
  admit: (path: string, headers: IncomingHttpHeaders) => string | null;
  /** Bytes of the largest message, also after decompression. */
  maxMessageBytes: number;
  /** Memory of the messages of all calls; undefined: there is no limit. */
  budget?: BodyBudget | undefined;
  /** Connections above a number are closed; undefined: there is no limit. */
  connections?: ConnectionCount | undefined;
  /** Told of connections that are closed for that, with the address of the client. */
  refused?: (remote: string) => void;
  /** Milliseconds until a connection has begun with HTTP/2. */
  beginMs: number;
  /** Milliseconds without a new call, after which a connection takes no more. */
  idleMs: number;
  /** Milliseconds within which a message that began must be complete, and an answer be taken. */
  stallMs: number;
}

export interface GrpcServer {
  /** For `listen` and its events. */
  readonly server: Http2Server | Http2SecureServer;
  /** How many calls are open. */
  calls(): number;
  /** Takes no new calls, and resolves when all connections have ended theirs and are closed. */
  drain(): Promise<void>;
  /** Ends every connection. */
  close(): void;
}

/**
 * So many calls may be open on one connection; a client with more waits. Without a limit, one
 * connection could hold any number of unfinished messages.
 */
const maxConcurrentStreams = 1024;
/** Bytes that a client may send ahead on one call, and on one connection. */
const streamWindow = 1024 * 1024;
const sessionWindow = 4 * 1024 * 1024;
const mostCheckMs = 1000;

function secured(tls: Tls, limits: ServerOptions): Http2SecureServer {
  const server = createSecureServer({ ...limits, ...tls.options() });
  tls.follow(server);
  return server;
}

/** A gRPC server on Node's HTTP/2. */
export function createGrpcServer(options: GrpcServerOptions): GrpcServer {
  const { tls } = options;
  const limits = {
    settings: {
      maxConcurrentStreams,
      initialWindowSize: streamWindow,
      maxHeaderListSize: 16 * 1024,
      enablePush: false,
    },
    maxSessionMemory: 64,
  };
  const server = tls === undefined ? createServer(limits) : secured(tls, limits);
  const { connections } = options;
  if (connections !== undefined)
    limitConnections(server, connections, (socket) => {
      options.refused?.(socket.remoteAddress ?? '');
      socket.destroy();
    });
  /** With the addresses of the clients. */
  const sessions = new Map<ServerHttp2Session, string>();
  const calls = new Set<Call>();
  let draining: Promise<void> | undefined;

  server.on('session', (session) => {
    sessions.set(session, session.socket.remoteAddress ?? '');
    session.on('error', ignore);
    session.on('close', () => sessions.delete(session));
    session.setLocalWindowSize(sessionWindow);
    const beginning = setTimeout(() => session.destroy(), options.beginMs).unref();
    session.once('remoteSettings', () => clearTimeout(beginning));
    session.once('close', () => clearTimeout(beginning));
    // Clients of gRPC connect again when they have another call.
    const idle = setTimeout(() => session.close(), options.idleMs).unref();
    session.on('stream', () => idle.refresh());
    // Node's own timeout of a session would keep it until then, also after its end.
    session.once('close', () => clearTimeout(idle));
    if (draining !== undefined) void goAway(session);
  });
  // Broken connections and garbage: the session is gone already.
  server.on('sessionError', ignore);
  server.on('stream', (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => {
    const refusal = refusalOf(headers);
    if (refusal !== undefined) return refuse(stream, refusal);
    const path = headers[':path'] ?? '';
    const remote = sessions.get(stream.session as ServerHttp2Session) ?? '';
    const call: Call = new Call(stream, headers, {
      exchange: beginExchange({ method: 'POST', url: path, headers, remote }, options.makeId),
      limit: options.maxMessageBytes,
      budget: options.budget,
      answered: (code) => options.answered(call, code),
      closed: () => calls.delete(call),
    });
    calls.add(call);
    try {
      call.exchange.client = options.admit(path, headers);
      const method = options.methods.get(path);
      if (method === undefined) throw new GrpcError('UNIMPLEMENTED', `there is no method ${path}`);
      checkEncoding(headers['grpc-encoding'] as string | undefined);
      method(call);
    } catch (error) {
      call.fail(error);
    }
  });
  const checks = setInterval(
    () => {
      const now = performance.now();
      for (const call of calls) call.checkProgress(now, options.stallMs);
    },
    Math.min(mostCheckMs, options.stallMs / 4),
  ).unref();

  return {
    server,
    calls: () => calls.size,
    drain: () => (draining ??= drain()),
    close: () => {
      clearInterval(checks);
      for (const session of sessions.keys()) session.destroy();
      server.close();
    },
  };

  async function drain(): Promise<void> {
    for (const call of calls) call.drain();
    await Promise.all(Array.from(sessions.keys(), goAway));
    await new Promise<void>((resolve) => server.close(() => resolve()));
    clearInterval(checks);
  }
}

/**
 * Tells the client to open no more streams here, and waits until those that are open have ended.
 * What the client opens before it reads that is not processed: the frame says which streams were, so
 * that gRPC clients send the others again, elsewhere, without being asked to.
 */
async function goAway(session: ServerHttp2Session): Promise<void> {
  if (session.destroyed) return;
  const closed = new Promise<void>((resolve) => session.once('close', () => resolve()));
  session.close();
  await closed;
}

/** Other suffixes are other encodings of messages, such as JSON. */
const protobufCall = /^application\/grpc(?:\+proto)?(?:;|$)/;

/** The HTTP status for what is no gRPC call. */
function refusalOf(headers: IncomingHttpHeaders): number | undefined {
  if (headers[':method'] !== 'POST') return 405;
  return protobufCall.test(headers['content-type'] ?? '') ? undefined : 415;
}

function refuse(stream: ServerHttp2Stream, status: number): void {
  stream.on('error', ignore);
  try {
    stream.respond({ ':status': status }, { endStream: true });
    stream.resume();
    // A reset at once would overtake the answer.
    setTimeout(() => stream.close(constants.NGHTTP2_NO_ERROR), lingerMs).unref();
  } catch {
    // The client left.
  }
}

function ignore(): void {
  // `close` follows.
}
