import type { RequestEvent } from './request-event.ts';

/** A client that sends this header with any value gets the stage times of its request. */
export const timingHeader = 'x-mlreg-timing';

/**
 * The `Server-Timing` header (https://www.w3.org/TR/server-timing/), which browsers' tools show: in
 * milliseconds, `queue;dur=0.12, compute;dur=0.31, other;dur=0.2, total;dur=0.63, batch;desc="4"`.
 * The parts of a chain follow: `part1;desc="pre@1.0.0";dur=0.2`. Stages that the request did not go through are left out; `other` is reading, checking, handing
 * over and writing.
 */
export function serverTiming({
  totalMs,
  queueMs,
  computeMs,
  batch,
  cache,
  parts: ofChain = [],
}: Pick<RequestEvent, 'totalMs' | 'queueMs' | 'computeMs' | 'batch' | 'cache' | 'parts'>): string {
  const parts: string[] = [];
  if (queueMs !== null) parts.push(`queue;dur=${milliseconds(queueMs)}`);
  if (computeMs !== null) parts.push(`compute;dur=${milliseconds(computeMs)}`);
  parts.push(`other;dur=${milliseconds(Math.max(0, totalMs - (queueMs ?? 0) - (computeMs ?? 0)))}`);
  parts.push(`total;dur=${milliseconds(totalMs)}`);
  if (batch !== null) parts.push(`batch;desc="${batch}"`);
  if (cache !== undefined) parts.push(`cache;desc="${cache}"`);
  for (const [at, { model, version, totalMs: ms }] of ofChain.entries())
    parts.push(`part${at + 1};desc="${model}@${version}";dur=${milliseconds(ms)}`);
  return parts.join(', ');
}

function milliseconds(value: number): string {
  return String(Math.round(value * 1000) / 1000);
}
