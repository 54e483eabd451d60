import { quantileOf, type Histogram } from './histogram.ts';
import type { RequestCounts, VersionCounts } from './request-counts.ts';

const everyMs = 5000;
const most = 13;

/** What happened to a version lately. */
export interface Lately {
  /** How long that is: a minute, or since the start of the server. */
  seconds: number;
  perSecond: number;
  failed: number;
  /** Milliseconds, estimated from buckets; null: there were no requests. */
  p50Ms: number | null;
  p95Ms: number | null;
  p99Ms: number | null;
}

interface Snapshot {
  at: number;
  cells: Map<VersionCounts, { requests: number; failed: number; total: Float64Array }>;
}

/** Keeps the counts of the last minute, so that a status can say what is going on now. */
export interface Recent {
  of: (counts: VersionCounts | undefined) => Lately;
  stop: () => void;
}

/** Starts a timer that copies the counts every five seconds; it does not keep the process alive. */
export function watchRecent(
  counts: Pick<RequestCounts, 'versions'>,
  now: () => number = performance.now.bind(performance),
): Recent & { tick: () => void } {
  const snapshots: Snapshot[] = [{ at: now(), cells: new Map() }];
  const tick = (): void => {
    const cells: Snapshot['cells'] = new Map();
    for (const one of counts.versions()) cells.set(one, { ...sums(one), total: one.total.cells.slice() });
    snapshots.push({ at: now(), cells });
    if (snapshots.length > most) snapshots.shift();
  };
  const timer = setInterval(tick, everyMs).unref();
  return {
    tick,
    stop: () => clearInterval(timer),
    of(one) {
      const since = snapshots[0] as Snapshot;
      const seconds = thousandths((now() - since.at) / 1000);
      if (one === undefined)
        return { seconds, perSecond: 0, failed: 0, p50Ms: null, p95Ms: null, p99Ms: null };
      const before = since.cells.get(one) ?? {
        requests: 0,
        failed: 0,
        total: new Float64Array(one.total.cells.length),
      };
      const { requests, failed } = sums(one);
      const total: Histogram = {
        bounds: one.total.bounds,
        cells: one.total.cells.map((cell, index) => cell - (before.total[index] as number)),
      };
      const ms = (quantile: number): number | null => {
        const value = quantileOf(total, quantile);
        return value === null ? null : thousandths(value * 1000);
      };
      return {
        seconds,
        perSecond: seconds > 0 ? thousandths((requests - before.requests) / seconds) : 0,
        failed: failed - before.failed,
        p50Ms: ms(0.5),
        p95Ms: ms(0.95),
        p99Ms: ms(0.99),
      };
    },
  };
}

function sums({ success, failure }: VersionCounts): { requests: number; failed: number } {
  return { requests: success.count + failure.count, failed: failure.count };
}

function thousandths(value: number): number {
  return Math.round(value * 1000) / 1000;
}
