import { Refusal } from '../engine/refusal.ts';
import { MalformedMessage } from '../protobuf/wire-reader.ts';

/**
 * How a call ended. The numbers are those of gRPC:
 * https://grpc.github.io/grpc/core/md_doc_statuscodes.html
 */
export const statusCodes = {
  OK: 0,
  CANCELLED: 1,
  INVALID_ARGUMENT: 3,
  DEADLINE_EXCEEDED: 4,
  NOT_FOUND: 5,
  PERMISSION_DENIED: 7,
  RESOURCE_EXHAUSTED: 8,
  UNIMPLEMENTED: 12,
  INTERNAL: 13,
  UNAVAILABLE: 14,
  UNAUTHENTICATED: 16,
} as const;

export type StatusName = keyof typeof statusCodes;

/** What a call is answered with instead of a message. */
export class GrpcError extends Error {
  readonly status: StatusName;
  /** Milliseconds after which a retry makes sense; undefined: the client decides. */
  readonly retryAfterMs: number | undefined;

  constructor(status: StatusName, message: string, retryAfterMs?: number) {
    super(message);
    this.name = 'GrpcError';
    this.status = status;
    this.retryAfterMs = retryAfterMs;
  }
}

/** The status for one of HTTP, which the parts that know no protocol throw. */
const byHttpStatus: Readonly<Record<number, StatusName>> = {
  400: 'INVALID_ARGUMENT',
  401: 'UNAUTHENTICATED',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  413: 'RESOURCE_EXHAUSTED',
  415: 'INVALID_ARGUMENT',
  429: 'RESOURCE_EXHAUSTED',
  499: 'CANCELLED',
  501: 'UNIMPLEMENTED',
  503: 'UNAVAILABLE',
  504: 'DEADLINE_EXCEEDED',
};

/** Of those that have one status of gRPC, the lowest. */
const httpStatusOf = new Map(
  Object.entries(byHttpStatus)
    .toReversed()
    .map(([code, status]) => [status, Number(code)]),
);

/** The status of HTTP for an error, by which requests are counted. */
export function httpStatus(error: unknown): number {
  if (error instanceof Refusal) return error.status;
  return httpStatusOf.get(asGrpcError(error).status) ?? 500;
}

/** When a request that was refused for load is worth another try. */
const retryAfterMs = 1000;

/** Anything that was thrown, as the end of a call. A bug is not shown to clients. */
export function asGrpcError(error: unknown): GrpcError {
  if (error instanceof GrpcError) return error;
  if (error instanceof MalformedMessage)
    return new GrpcError('INVALID_ARGUMENT', `the message is not readable: ${error.message}`);
  if (!(error instanceof Refusal)) return new GrpcError('INTERNAL', 'internal error of the server');
  const { status, message } = error;
  const later = status === 429 || status === 503 ? retryAfterMs : undefined;
  return new GrpcError(byHttpStatus[status] ?? 'INTERNAL', message, later);
}

const longestMessage = 1024;

/**
 * A status as the last headers of a call. A message may hold names from the client: what is not
 * printable ASCII is percent-encoded, as
 * https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md demands, and a long one is cut,
 * because clients refuse headers above 8 kB.
 */
export function statusTrailers(status: StatusName, message: string, retryAfterMs?: number): Trailers {
  const trailers: Trailers = { 'grpc-status': String(statusCodes[status]) };
  if (message !== '') trailers['grpc-message'] = encodeMessage(message);
  if (retryAfterMs !== undefined) trailers['grpc-retry-pushback-ms'] = String(Math.ceil(retryAfterMs));
  return trailers;
}

export type Trailers = Record<string, string>;

function encodeMessage(message: string): string {
  const cut = message.length > longestMessage ? `${message.slice(0, longestMessage)}…` : message;
  // A lone surrogate has no bytes.
  return cut
    .toWellFormed()
    .replace(/[^ -$&-~]+/g, (text) =>
      Array.from(Buffer.from(text), (byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join(
        '',
      ),
    );
}

const unitMs: Readonly<Record<string, number>> = { H: 3.6e6, M: 6e4, S: 1000, m: 1, u: 1e-3, n: 1e-6 };

/** Milliseconds of a `grpc-timeout` header, such as `100m`; undefined if it is none. */
export function timeoutMs(header: string): number | undefined {
  const parts = /^(\d{1,8})([HMSmun])$/.exec(header);
  return parts === null ? undefined : Number(parts[1]) * unitMs[parts[2]!]!;
}
