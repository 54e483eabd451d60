import { formatDuration } from '../../core/text/units.ts';
import { counted } from '../../core/text/numbers.ts';
import { defaultThreads, readTopology } from '../../machine/resources.ts';
import { percentile, sortTogether } from '../../stats/quantiles.ts';
import type { BenchAnswer } from '../child/bench-job.ts';
import type { LoadPace } from '../child/load-board.ts';
import type { LoadAnswer } from '../child/load-job.ts';
import type { LoadPlan } from '../plan/plan-load.ts';
import { summarizeLatency } from '../stats/latency-summary.ts';
import { type LoadTimes, arrivalTimes, closedTimes, queryTimes } from '../stats/load-times.ts';
import { failWhenSaturated, judgeSaturation } from '../stats/saturation.ts';
import { type BenchFacts, reportBench } from './report-bench.ts';
import type { BenchMeasurement, LoadResult } from './result.ts';
import type { SampleSeries } from './sample-codec.ts';

/** A launch, and what it was asked to do. */
export interface LoadLaunch extends LoadAnswer {
  pace: LoadPace;
  /** Its minimum duration in milliseconds. */
  spanMs: number;
}

/** A note appears if runs start late by more than this share of the p95 response. */
const lateShare = 0.1;

/**
 * Makes the report from what the launches measured. The latency, and with it the gates, is what a
 * caller waits for: in scenario `server` counted from when a run was due, in `multi` of a whole
 * query, else of a run.
 */
export function reportLoad(
  facts: Omit<BenchFacts, 'results' | 'load'>,
  launches: readonly LoadLaunch[],
): BenchMeasurement {
  const { plan, failure } = facts;
  const { scenario, rate, concurrency, samplesPerQuery } = plan;
  const load: LoadPlan = { scenario, rate, concurrency, samplesPerQuery };
  const times = launches.map(timesOf);
  const results = launches.map((launch, at) => asBenchResult(launch, times[at] ?? closedTimes(launch.runs)));
  const { report, samples } = reportBench({ ...facts, results, load });
  const { latencyMs, itemsPerSec, throughputPerSec } = report;
  if (failure !== null || latencyMs === null) return { report: { ...report, mode: 'open' }, samples };

  const saturation = rate === null ? null : judgeSaturation(times, { rate, concurrency });
  const completed = total(times, ({ serviceMs }) => serviceMs.length);
  const achievedRate = (1000 * completed) / total(times, ({ wallMs }) => wallMs);
  const response = waits(plan) ? latencyMs : null;
  const service = waits(plan)
    ? summarizeLatency(
        times.map(({ serviceMs }) => serviceMs),
        { alpha: plan.alpha, seed: plan.seed, harnessFloorUs: latencyMs.harnessFloorUs },
      ).latency
    : latencyMs;
  const lags = sortTogether(times.map(({ lagMs }) => lagMs));
  const open: LoadResult = {
    ...load,
    scheduled: total(times, ({ scheduled }) => scheduled),
    completed,
    unfinished: saturation?.unfinished ?? 0,
    achievedRate,
    response,
    service,
    sendLagP99Ms: lags.length === 0 ? null : percentile(lags, 0.99),
    utilisation: saturation?.utilisation ?? null,
    waitingAtEnd: saturation?.waitingAtEnd ?? null,
    saturated: saturation !== null && saturation.reason !== null,
    reason: saturation?.reason ?? null,
  };
  return {
    samples,
    blocks: seriesOf(times, waits(plan)),
    report: {
      ...report,
      mode: 'open',
      throughputPerSec: achievedRate,
      // `report.itemsPerSec` comes from the samples, which are not all runs.
      itemsPerSec: itemsPerSec === null ? null : (itemsPerSec / (throughputPerSec ?? 1)) * achievedRate,
      open,
      notes: [...reliabilityNotes(facts, open), ...report.notes],
      gates: failWhenSaturated(report.gates, open),
    },
  };
}

/** Whether a caller waits for more than a single run. */
function waits({ scenario }: LoadPlan): boolean {
  return scenario === 'server' || scenario === 'multi';
}

function timesOf({ pace, runs, spanMs }: LoadLaunch): LoadTimes {
  const times =
    pace.kind === 'free'
      ? closedTimes(runs)
      : pace.kind === 'queries'
        ? queryTimes(runs, pace.runsPerQuery)
        : arrivalTimes(runs, pace);
  return { ...times, wallMs: Math.max(spanMs, times.wallMs) };
}

/** The launch in the form of a bench without workers. */
function asBenchResult(launch: LoadLaunch, times: LoadTimes): BenchAnswer {
  const { pace: _pace, spanMs: _spanMs, runs: _runs, warmups, ...rest } = launch;
  const stable = new Set(warmups.map((warmup) => warmup.stable));
  return {
    ...rest,
    samples: times.responseMs.length > 0 ? times.responseMs : times.serviceMs,
    timedMs: times.wallMs,
    warmup: {
      runs: total(warmups, ({ runs }) => runs),
      ms: Math.max(...warmups.map(({ ms }) => ms)),
      stable: stable.has(null) ? null : !stable.has(false),
    },
  };
}

function reliabilityNotes(
  { plan, session, server }: Pick<BenchFacts, 'plan' | 'session' | 'server'>,
  open: LoadResult,
): string[] {
  const notes: string[] = [];
  if (open.reason !== null) {
    notes.push(
      `saturated: ${open.reason}; the latency reflects the length of the measurement, not the model`,
    );
  }
  if (open.unfinished > 0) {
    notes.push(
      `${open.unfinished.toLocaleString('en')} of ${open.scheduled.toLocaleString('en')} runs never started; they are counted as finished at the end of the load, so the real latency is higher`,
    );
  }
  const tail = open.response?.p95?.value ?? open.response?.max ?? 0;
  if (open.sendLagP99Ms !== null && open.sendLagP99Ms > lateShare * tail && tail > 0) {
    notes.push(
      `scheduling delay: 1% of runs started at least ${formatDuration(open.sendLagP99Ms)} late with a free ${server === undefined ? 'worker' : 'connection'}; the response time includes this`,
    );
  }
  const cores = defaultThreads(readTopology());
  const threads = plan.concurrency * (session.intraOpThreads ?? cores);
  if (server === undefined && threads > cores) {
    notes.push(`${threads} threads of ${plan.concurrency} sessions compete for ${counted(cores, 'core')}`);
  }
  return notes;
}

function seriesOf(times: readonly LoadTimes[], both: boolean): SampleSeries[] {
  return times.flatMap(({ responseMs, serviceMs }, launch): SampleSeries[] =>
    both
      ? [
          { arm: 0, launch, latencyMs: responseMs },
          { arm: 1, launch, latencyMs: serviceMs },
        ]
      : [{ arm: 0, launch, latencyMs: serviceMs }],
  );
}

function total<T>(items: readonly T[], amount: (item: T) => number): number {
  return items.reduce((sum, item) => sum + amount(item), 0);
}
