import { parseByteSize, parseDuration } from '../../core/text/units.ts';
import { isMlregError } from '../../core/errors.ts';
import type { BenchSettings } from '../../core/events/policy.ts';
import type { Reference } from '../../core/versions/reference.ts';
import type { VersionRecord } from '../../core/versions/version-record.ts';
import { valueOf, formatBound } from '../../gates/bound.ts';
import { cannotTell, type Finding } from '../../gates/evidence.ts';
import {
  allowedIncrease,
  formatLatency,
  type LatencyGate,
  type LatencyQuestion,
} from '../../gates/kinds/latency.ts';
import { madeUp } from '../../onnx/feeds/synthesize.ts';
import type { Registry } from '../../registry/registry.ts';
import type { VerifiedCopies } from '../../registry/verified-copies.ts';
import { benchVersion, benchFailure, type BenchResult } from './bench-version.ts';
import { planBench, type BenchOptions, type BenchPlan } from '../plan/plan.ts';
import { judgePercentile } from '../stats/verdict.ts';

/**
 * Default timed milliseconds: short, because a promotion waits. A comparison takes up to eight
 * times as long: two models, each up to four times.
 */
const limitDurationMs = 3000;
const pairDurationMs = 1500;

/**
 * Measures for the latency gates of a promotion, as `mlreg bench` does: a candidate alone against
 * limits, or alternating with a stage's holder. A gate that cannot be measured here, or not in
 * time, is inconclusive. A gate that a reusable stored bench decides is not measured.
 */
export async function gaugeLatency(
  registry: Registry,
  question: LatencyQuestion,
  copies: VerifiedCopies,
): Promise<Finding[]> {
  const { gates } = question;
  const plan = planOf(question);
  const reused = await findReusable(registry, question, plan);
  const open = gates.filter((_, index) => (reused[index] ?? null) === null);
  const measured =
    open.length === 0 ? [] : await measure(registry, { ...question, gates: open }, plan, copies);
  return gates.map(
    (gate, index) =>
      reused[index] ?? measured[open.indexOf(gate)] ?? cannotTell(formatBound(gate.bound), 'not measured'),
  );
}

/** What a stored bench decides, for each gate; none if the settings ask for no stored one. */
async function findReusable(
  registry: Registry,
  question: LatencyQuestion,
  plan: BenchPlan,
): Promise<(Finding | null)[]> {
  if (question.settings.reuse === undefined) return [];
  const { reuseBench } = await import('../report/reuse-bench.ts');
  return reuseBench(registry, question, plan, question.settings.reuse);
}

async function measure(
  registry: Registry,
  { candidate, holder, gates, keep }: LatencyQuestion,
  plan: BenchPlan,
  copies: VerifiedCopies,
): Promise<Finding[]> {
  let result: BenchResult;
  try {
    result = await benchVersion(registry, {
      ref: exactly(candidate),
      baseline: holder === null ? undefined : exactly(holder),
      plan,
      keep,
      copies,
    });
  } catch (error) {
    // Inconclusive: not an ONNX model, other inputs than the holder's, or no runtime. Damage and
    // interruption are errors, not findings.
    if (!isMlregError(error, 'NOT_FOUND') && !isMlregError(error, 'INVALID_INPUT')) throw error;
    const { message, hint } = error;
    return gates.map(({ bound }) => ({
      ...cannotTell(formatBound(bound), message, 'not measured'),
      hint: forPolicy(hint),
    }));
  }
  return gates.map((gate) => findingOf(gate, result, plan));
}

function findingOf(gate: LatencyGate, result: BenchResult, { alpha }: BenchPlan): Finding {
  const { report, samples, id } = result;
  const threshold = formatBound(gate.bound);
  const stored = id === null ? '' : ` (benchmark ${id})`;
  // The latency of a model with wrong outputs decides nothing.
  const differs = report.outputs.match === false;
  if (report.status !== 'ok' || differs) {
    const why = benchFailure(result);
    const observed = differs ? 'outputs differ' : report.status;
    return {
      ...cannotTell(threshold, `${why?.message ?? report.status}${stored}`, observed),
      ...(why === undefined ? {} : { hint: forPolicy(why.hint) }),
    };
  }
  const judged =
    gate.bound.kind === 'stage'
      ? report.gates.find(({ kind }) => kind === 'regression')
      : judgePercentile(samples, report.latencyMs, {
          statistic: gate.statistic,
          limitMs: valueOf(gate.bound.amount),
          alpha,
        });
  if (judged === undefined) return cannotTell(threshold, `${formatLatency(gate)} was not evaluated${stored}`);
  const { verdict, observed, reason } = judged;
  const hint =
    verdict === 'inconclusive' ? { hint: 'measure longer: "bench": {"duration": "10s"} in the policy' } : {};
  return { verdict, observed, threshold: judged.threshold, reason: `${reason}${stored}`, ...hint };
}

/** A promotion has no flags for the measurement: the policy has its settings. */
function forPolicy(hint: string): string {
  if (hint.includes(madeUp))
    return 'set sizes with "bench": {"shapes": {"NAME": [SIZE]}} in the policy, or register the version with --golden: its inputs are used';
  if (hint.includes('--timeout')) return 'allow more time with "bench": {"timeout": "5m"} in the policy';
  if (hint.includes('--memory-limit'))
    return 'allow more memory with "bench": {"memoryLimit": "4GiB"} in the policy';
  return hint;
}

function planOf({ gates, holder, settings, timeoutMs }: LatencyQuestion): BenchPlan {
  const [gate] = gates;
  const comparison =
    holder === null || gate === undefined
      ? {}
      : { maxRegression: allowedIncrease(gate), statistic: gate.statistic };
  return planBench({ ...optionsOf(settings, holder !== null), ...comparison, timeoutMs });
}

/** The policy's settings as options of a measurement. */
function optionsOf(
  { duration, memoryLimit, shapes, timeout: _ofAll, reuse: _instead, ...rest }: BenchSettings,
  paired: boolean,
): BenchOptions {
  const unlessSaid = rest.iterations === undefined ? (paired ? pairDurationMs : limitDurationMs) : undefined;
  return {
    ...rest,
    durationMs: duration === undefined ? unlessSaid : parseDuration(duration),
    shapes: new Map(Object.entries(shapes ?? {})),
    memoryLimitBytes: memoryLimit === undefined ? undefined : parseByteSize(memoryLimit),
  };
}

function exactly({ name, version }: VersionRecord): Reference {
  return { name, selector: { kind: 'version', version } };
}
