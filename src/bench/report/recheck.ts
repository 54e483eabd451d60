import type { Statistic } from '../../core/measurements/bench.ts';
import { MlregError } from '../../core/errors.ts';
import type { Registry } from '../../registry/registry.ts';
import { summarizeLatency } from '../stats/latency-summary.ts';
import { alphaPerLook, comparedFigures, regressionGate } from '../stats/regression-gate.ts';
import { comparePairs, type BlockPair } from '../../stats/bootstrap.ts';
import { planBench } from '../plan/plan.ts';
import { limitGates } from './report-bench.ts';
import type { BenchComparison, BenchReport, GateResult } from './result.ts';
import type { SampleSeries } from './sample-codec.ts';
import { failWhenSaturated } from '../stats/saturation.ts';
import { storedBench, type StoredRun } from './stored-bench.ts';

export interface RecheckInput {
  /** The id of the stored run: see `findBench`. */
  id: string;
  /** Limits on percentiles, in milliseconds. */
  maxMs?: Partial<Record<Statistic, number | undefined>> | undefined;
  /** The allowed increase over the baseline: 0.05 is 5%. */
  maxRegression?: number | undefined;
  /** The percentile to compare with the baseline's. Default: that of the run. */
  statistic?: Statistic | undefined;
}

/**
 * Judges the samples of a stored run by other thresholds. Runs nothing and writes nothing. The
 * thresholds and statistic of the run give the same verdicts and numbers as before. A comparison is
 * judged by all its samples, whichever look ended it: its intervals hold at all looks together, so
 * also at the last one made, and for every margin.
 *
 * Rejects as `storedBench` does; USAGE without a threshold, INVALID_INPUT for a margin if the run
 * has no baseline.
 */
export async function recheckBench(
  registry: Registry,
  { id: start, statistic, ...thresholds }: RecheckInput,
): Promise<StoredRun> {
  const { maxMs, maxP95Ms, maxRegression } = planBench(thresholds);
  if (Object.keys(maxMs).length === 0 && maxRegression === null) {
    throw new MlregError('USAGE', '--recheck needs a threshold', {
      hint: `mlreg bench --recheck ${start} --max-p95 20ms; for a run with a baseline also --max-regression 5%`,
    });
  }
  const run = await storedBench(registry, start);
  const { report, series } = run;
  if (maxRegression !== null && run.baseline === null) {
    throw new MlregError('INVALID_INPUT', `benchmark ${run.id} has no baseline`, {
      hint: `measure both in one run: mlreg bench ${run.subject.ref} --baseline NAME@VERSION`,
    });
  }
  const chosen = statistic ?? report.compare?.stat ?? 'p95';
  const plan = { ...report.plan, maxMs, maxP95Ms, maxRegression, statistic: chosen };
  const again =
    report.compare === null || maxRegression === null
      ? { compare: report.compare, gates: [] }
      : compareAgain(run.id, series, report.compare, plan);
  return {
    ...run,
    report: {
      ...report,
      plan,
      compare: again.compare,
      gates: [...again.gates, ...limitGatesOf({ ...report, plan }, run.samples), ...otherGates(report)],
      notes: [...report.notes, `rechecked from samples stored at ${new Date(run.at).toISOString()}`],
    },
  };
}

function compareAgain(
  id: string,
  series: readonly SampleSeries[],
  compare: BenchComparison,
  { alpha, seed, statistic, maxRegression }: BenchReport['plan'],
): { compare: BenchComparison; gates: GateResult[] } {
  const comparison = comparePairs(pairsOf(id, series), { statistic, alpha: alphaPerLook(alpha), seed });
  const { look } = compare;
  return {
    compare: { ...compare, ...comparedFigures(comparison, { margin: maxRegression, alpha, look }) },
    gates: maxRegression === null ? [] : [regressionGate(comparison, { margin: maxRegression, alpha, look })],
  };
}

/** The pairs of neighbouring blocks, by launch. */
function pairsOf(id: string, series: readonly SampleSeries[]): BlockPair[][] {
  const launches = new Map<number, BlockPair[]>();
  for (let at = 0; at < series.length; at += 2) {
    const [one, other] = [series[at], series[at + 1]];
    if (one === undefined || other === undefined || one.arm === other.arm || one.launch !== other.launch) {
      throw new MlregError('INTEGRITY', `the samples of benchmark ${id} are not pairs of blocks`, {
        hint: 'run mlreg verify to list the damage, or measure again with mlreg bench',
      });
    }
    const [subject, baseline] = one.arm === 0 ? [one, other] : [other, one];
    const pairs = launches.get(one.launch) ?? [];
    pairs.push({ subject: subject.latencyMs, baseline: baseline.latencyMs });
    launches.set(one.launch, pairs);
  }
  return [...launches.values()];
}

function limitGatesOf(
  { plan, status, error, latencyMs, open }: BenchReport,
  samples: Float64Array[],
): GateResult[] {
  const { alpha, seed } = plan;
  const measured = samples.some(({ length }) => length > 0);
  // Summarized again, because the summaries of earlier versions lack some figures.
  const latency = measured
    ? summarizeLatency(samples, { alpha, seed, harnessFloorUs: latencyMs?.harnessFloorUs ?? 0 }).latency
    : null;
  const failure = status === 'ok' ? null : { status, message: error?.message ?? '' };
  return failWhenSaturated(limitGates(plan, samples, latency, failure), open);
}

/** The stored gates that do not depend on time: no threshold changes them. */
function otherGates({ gates }: BenchReport): GateResult[] {
  return gates.filter(({ kind, gate }) =>
    // Earlier versions stored no kinds.
    kind === undefined ? !/^p(?:50|90|95|99)<=/.test(gate) : kind === 'golden',
  );
}
