import type { RequestEvent } from './request-event.ts';
import { isRequestId } from './request-id.ts';
import { serverTiming, timingHeader } from './server-timing.ts';
import { readTraceContext, traceparentOf, type TraceContext } from './trace-context.ts';

/** A request and its answer, apart from what a model had to do with it. */
export interface Exchange {
  /** Epoch milliseconds of the request's head. */
  readonly at: number;
  /** The same moment by `performance.now()`. */
  readonly since: number;
  readonly requestId: string;
  /** Undefined: the client began no trace. */
  readonly trace: TraceContext | undefined;
  /** Whether the client asked for the times of its request. */
  readonly wantsTiming: boolean;
  readonly method: string;
  /** Without the query, which may hold what nobody should log. */
  readonly path: string;
  /** The client's address. */
  readonly remote: string;
  /** The name of the token; null: none was needed, or it was none. */
  client: string | null;
  /** Bytes of the request's body as they came; null: it did not say, and nobody read it. */
  bytesIn: number | null;
  /** Bytes of the answer's body as they are sent. */
  bytesOut: number;
}

/** The head of a request, in HTTP/1 and in gRPC. */
export interface RequestHead {
  method: string;
  /** With or without a query. */
  url: string;
  remote: string;
  /** As Node gives them, in lower case. */
  headers: Readonly<Record<string, string | string[] | undefined>>;
}

export function beginExchange({ method, url, remote, headers }: RequestHead, makeId: () => string): Exchange {
  const id = headers['x-request-id'];
  const trace = headers['traceparent'];
  const length = headers['content-length'];
  const query = url.indexOf('?');
  return {
    at: Date.now(),
    since: performance.now(),
    requestId: typeof id === 'string' && isRequestId(id) ? id : makeId(),
    trace: typeof trace === 'string' ? readTraceContext(trace, headers['tracestate']) : undefined,
    wantsTiming: headers[timingHeader] !== undefined,
    method,
    path: query === -1 ? url : url.slice(0, query),
    remote,
    client: null,
    bytesIn: typeof length === 'string' && /^\d{1,15}$/.test(length) ? Number(length) : null,
    bytesOut: 0,
  };
}

/**
 * The headers that an answer has because of its request: its id, its trace if the client began one,
 * and its times if the client asked for them.
 */
export function exchangeHeaders(exchange: Exchange, times: Times | undefined): Record<string, string> {
  const headers: Record<string, string> = { 'X-Request-Id': exchange.requestId };
  if (exchange.trace !== undefined) headers['traceparent'] = traceparentOf(exchange.trace);
  if (exchange.wantsTiming) {
    const totalMs = performance.now() - exchange.since;
    headers['Server-Timing'] = serverTiming({ ...(times ?? noTimes), totalMs });
  }
  return headers;
}

/** The stages that a request went through. */
export type Times = Pick<RequestEvent, 'queueMs' | 'computeMs' | 'batch' | 'cache' | 'parts'>;

const noTimes: Times = { queueMs: null, computeMs: null, batch: null };
