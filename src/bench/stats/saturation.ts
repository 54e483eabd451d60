import { percent } from '../../core/text/numbers.ts';
import type { LoadTimes } from './load-times.ts';
import type { GateResult, LoadResult } from '../report/result.ts';

export interface Saturation {
  utilisation: number;
  waitingAtEnd: number;
  unfinished: number;
  /** Why the queue seems to grow without end; null if it does not. */
  reason: string | null;
}

/**
 * A queue is too long if more than this share of the runs, and more than this count, still wait at
 * the end. A stable queue is far shorter.
 */
const waiting = { share: 0.05, count: 10 };

/**
 * Whether the workers could keep up with the rate. A queue grows without end if and only if work
 * arrives faster than it can be done: if rate × the mean time that a run occupies a worker is at
 * least the number of workers (R. M. Loynes, "The stability of a queue with non-independent
 * inter-arrival and service times", 1962). Near that point, and if runs become slower, the queue
 * itself shows it: most launches end with a backlog, or do not finish it. A queue that is long only
 * for a moment, because the machine was busy, does not count.
 *
 * @param launches each with at least one run
 */
export function judgeSaturation(
  launches: readonly LoadTimes[],
  { rate, concurrency }: { rate: number; concurrency: number },
): Saturation {
  const total = (amount: (launch: LoadTimes) => number): number =>
    launches.reduce((sum, launch) => sum + amount(launch), 0);
  const completed = total(({ serviceMs }) => serviceMs.length);
  const occupancyMs = total(({ occupancyMs: mean, serviceMs }) => mean * serviceMs.length) / completed;
  const utilisation = ((rate / 1000) * occupancyMs) / concurrency;
  const scheduled = total((launch) => launch.scheduled);
  const waitingAtEnd = total((launch) => launch.waitingAtEnd);
  const unfinished = scheduled - completed;
  const backlogged = launches.filter(
    (launch) => launch.waitingAtEnd > Math.max(waiting.count, waiting.share * launch.scheduled),
  ).length;
  return { utilisation, waitingAtEnd, unfinished, reason: reasonOf() };

  function reasonOf(): string | null {
    if (utilisation >= 1) return `${rate}/s needs ${percent(utilisation)} of the workers' time`;
    if (unfinished > 0)
      return `${unfinished.toLocaleString('en')} of ${scheduled.toLocaleString('en')} runs had not started at the end`;
    if (2 * backlogged > launches.length)
      return `${waitingAtEnd.toLocaleString('en')} of ${scheduled.toLocaleString('en')} runs were still waiting when the last run was due`;
    return null;
  }
}

/**
 * Fails the latency gates of a saturated load: a tail that grows with the measuring time keeps to
 * no limit.
 */
export function failWhenSaturated(gates: readonly GateResult[], open: LoadResult | null): GateResult[] {
  if (open === null || open.reason === null) return [...gates];
  const reason = `saturated: ${open.reason}, so the latency keeps growing under this load`;
  // Gates on the outputs stay as they are.
  return gates.map(({ needRuns: _needRuns, ...gate }) =>
    gate.kind === 'golden' ? gate : { ...gate, verdict: 'fail', reason },
  );
}
