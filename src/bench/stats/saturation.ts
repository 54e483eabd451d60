import { percent } from '../../core/text/shown-number.ts';
import type { LoadTimes } from './load-times.ts';
import type { GateResult, LoadResult } from '../report/result.ts';

export interface Saturation {
  utilisation: number;
  waitingAtEnd: number;
  unfinished: number;
  /** Why the queue is thought to grow without end; null: it is not. */
  reason: string | null;
}

/**
 * More of the runs than this still waiting at the end, and more than a handful: a queue that keeps
 * still is far shorter.
 */
const waiting = { share: 0.05, count: 10 };

/**
 * Could the workers keep up with the rate? A queue grows without end if and only if work comes in
 * faster than it can be done: if rate × the mean time that a run keeps a worker is at least the
 * number of workers (R. M. Loynes, "The stability of a queue with non-independent inter-arrival and
 * service times", 1962). Near that point, and where runs become slower, the queue itself tells:
 * most launches end with a backlog, or do not get through it. One that is long for a moment, since
 * the machine did something else, does not.
 *
 * @param launches of at least one run each
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
 * The gates of a load on its latency: a tail that grows for as long as it is watched meets no
 * limit.
 */
export function failWhenSaturated(gates: readonly GateResult[], open: LoadResult | null): GateResult[] {
  if (open === null || open.reason === null) return [...gates];
  const reason = `saturated: ${open.reason}, so the latency keeps growing under this load`;
  // What was found of the outputs stands.
  return gates.map(({ needRuns: _needRuns, ...gate }) =>
    gate.kind === 'golden' ? gate : { ...gate, verdict: 'fail', reason },
  );
}
