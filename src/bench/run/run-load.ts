import type { LoadPace } from '../child/load-board.ts';
import { type LoadAnswer, loadJob } from '../child/load-job.ts';
import { poissonArrivals } from '../plan/arrivals.ts';
import { type BenchPlan, shareOf } from '../plan/plan.ts';
import { type LoadLaunch, reportLoad } from '../report/report-load.ts';
import type { BenchMeasurement } from '../report/result.ts';
import { readCounters } from '../../machine/environment.ts';
import { toGoldenFiles } from './model-to-time.ts';
import { type BenchInput, prepare, runLaunches } from './run-launches.ts';

/**
 * How long runs may still start after the last arrival: `ms`, or this share of the time before if
 * that is longer. Runs that still wait then belong to a queue that grew.
 */
const drain = { ms: 1000, share: 0.25 };

/** Measures a model as `runBench` does, but under the load of the plan. */
export async function runLoad(input: BenchInput): Promise<BenchMeasurement> {
  const prepared = prepare(input);
  const { plan, inputs, outputs, session } = prepared;
  const asked: Assignment[] = [];
  const before = readCounters();
  const { results, ...launched } = await runLaunches(loadJob, input, prepared, (launch) => {
    const assignment = assign(plan, launch);
    const { pace } = assignment;
    asked.push(assignment);
    return {
      job: {
        modelFile: input.modelFile,
        session,
        feeds: inputs.feeds,
        fetches: outputs.fetched,
        golden: toGoldenFiles(input, plan),
        workers: plan.concurrency,
        warmup: plan.warmup,
        pace,
      },
      shareDone: (runs, timedMs) => shareDone(pace, runs, timedMs),
      runsOf: ({ runs }) => runs.doneMs.length,
      leastRuns: null,
    };
  });
  const golden = input.golden ?? [];
  const facts = { plan, inputs, outputs, session, golden, before, after: readCounters() };
  return reportLoad(
    { ...facts, ...launched },
    // The last one requested may have failed.
    asked.flatMap((assignment, launch) => {
      const result = results[launch];
      return result === undefined ? [] : [asLaunch(result, assignment)];
    }),
  );
}

/** A launch that was not cut short lasts its whole time, even if no run is left at the end. */
export function asLaunch(result: LoadAnswer, { pace, minMs, maxRuns }: Assignment): LoadLaunch {
  return { pace, spanMs: result.runs.doneMs.length >= maxRuns ? 0 : minMs, ...result };
}

/** What a launch is asked to do. */
export interface Assignment {
  pace: LoadPace;
  minMs: number;
  /** The number of runs that ends it before time is up. */
  maxRuns: number;
}

export function assign(plan: BenchPlan, launch: number): Assignment {
  const { rate, samplesPerQuery, launches, seed } = plan;
  const minMs = plan.durationMs / launches;
  const minRuns = shareOf(plan.minRuns, launches, launch);
  const maxRuns = shareOf(plan.maxRuns, launches, launch);
  if (samplesPerQuery !== null) {
    return {
      pace: {
        kind: 'queries',
        runsPerQuery: samplesPerQuery,
        minMs,
        minQueries: minRuns,
        maxQueries: maxRuns,
      },
      minMs,
      maxRuns: maxRuns * samplesPerQuery,
    };
  }
  if (rate === null) return { pace: { kind: 'free', minMs, minRuns, maxRuns }, minMs, maxRuns };
  const atMs = poissonArrivals({ rate, seed, launch, minMs, minRuns, maxRuns });
  const last = atMs.at(-1) ?? 0;
  const lastStartMs = last + Math.max(drain.ms, drain.share * last);
  return { pace: { kind: 'arrivals', atMs, lastStartMs }, minMs, maxRuns };
}

export function shareDone(pace: LoadPace, runs: number, timedMs: number): number {
  if (pace.kind === 'arrivals') return Math.max(runs / pace.atMs.length, timedMs / pace.lastStartMs);
  const least = pace.kind === 'free' ? pace.minRuns : pace.minQueries * pace.runsPerQuery;
  return Math.min(runs / least, pace.minMs > 0 ? timedMs / pace.minMs : 1);
}
