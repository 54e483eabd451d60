import { randomUUID } from 'node:crypto';

/** A trace that a client began: https://www.w3.org/TR/trace-context/ */
export interface TraceContext {
  /** 32 hex digits. */
  traceId: string;
  /** 16 hex digits: the caller's span. */
  parentId: string;
  /** 16 hex digits: this server's span in the trace. */
  spanId: string;
  /** Two hex digits; bit 0: the caller records this trace. */
  flags: string;
  /** The caller's `tracestate`, passed on unchanged. */
  state: string | undefined;
}

const fields = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
const longestState = 512;

/**
 * Undefined without a valid `traceparent`: the request then has no trace. A later version of the
 * format is read by its first four fields, as the standard demands.
 */
export function readTraceContext(
  traceparent: string,
  tracestate?: string | string[],
): TraceContext | undefined {
  const [, format = 'ff', traceId = '', parentId = '', flags = '', more] = fields.exec(traceparent) ?? [];
  if (format === 'ff' || (format === '00' && more !== undefined)) return undefined;
  if (/^0+$/.test(traceId) || /^0+$/.test(parentId)) return undefined;
  const states = [tracestate ?? []].flat().join(',');
  const state = states !== '' && states.length <= longestState ? states : undefined;
  return { traceId, parentId, spanId: makeSpanId(), flags, state };
}

/** `traceparent` for a request that this one causes, and for the answer: this server's span is its parent. */
export function traceparentOf({ traceId, spanId, flags }: TraceContext): string {
  // Only bits that version 00 knows are passed on: sampled, and random.
  return `00-${traceId}-${spanId}-0${(Number.parseInt(flags, 16) & 3).toString(16)}`;
}

/** 64 random bits, from Node's pool of random bytes: a tenth of what asking for them costs. */
function makeSpanId(): string {
  const id = randomUUID();
  return id.slice(24) + id.slice(0, 4);
}
