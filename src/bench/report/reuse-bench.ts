import { canonicalJson } from '../../core/json/canonical.ts';
import { formatDuration, parseDuration } from '../../core/text/units.ts';
import { benchKind, type StoredReport } from '../../core/measurements/bench.ts';
import { goldenSetsOf } from '../../core/versions/golden-sets.ts';
import type { VersionRecord } from '../../core/versions/version-record.ts';
import { valueOf, formatBound } from '../../gates/bound.ts';
import type { Finding } from '../../gates/evidence.ts';
import { allowedIncrease, type LatencyGate, type LatencyQuestion } from '../../gates/kinds/latency.ts';
import { probeRuntime } from '../../runtime/probe-runtime.ts';
import { requireRecorded } from '../../registry/recorded-measurement.ts';
import type { Registry } from '../../registry/registry.ts';
import { chooseSession, resolvePlan } from '../plan/choose-model.ts';
import { fingerprint, readFacts } from '../../machine/environment.ts';
import type { BenchPlan } from '../plan/plan.ts';
import { recheckBench, type RecheckInput } from './recheck.ts';

/** How many of the version's latest benches are considered. */
const lookedAt = 20;

/**
 * What a stored bench decides about each gate; null for gates that must be measured. The bench must
 * be of the candidate and, if gates compare, of the holder's bytes too, in one run. It must come
 * from this machine, use the same inputs and at least as many launches, and be no older than
 * `reuse`, a duration. Of several the latest counts, so that a favourable one cannot be picked.
 *
 * INTEGRITY for a bench that differs from its record in the history.
 */
export async function reuseBench(
  registry: Registry,
  { candidate, holder, gates }: LatencyQuestion,
  plan: BenchPlan,
  reuse: string,
): Promise<(Finding | null)[]> {
  const nothing = gates.map(() => null);
  const { name, version } = candidate;
  const query = { model: name, version, limit: lookedAt };
  const { rows } = await registry.metadata.measurements(benchKind, query);
  const recent = rows.filter(
    ({ result }) =>
      result !== undefined &&
      (result.baseline?.digest ?? null) === (holder?.artifact.digest ?? null) &&
      isPlannedAlike(result, plan) &&
      isCheckedAlike(result, candidate),
  );
  if (recent.length === 0) return nothing;
  const here = await fingerprintHere(registry, plan, holder !== null);
  const bench = recent.find((one) => one.fingerprint === here);
  if (bench?.status !== 'ok' || bench.result?.outputs.match === false) return nothing;
  const now = registry.now();
  const recorded = await requireRecorded(registry, bench, 'measure again without --reuse-bench');
  const measured = await registry.metadata.timeOf({ event: recorded, now });
  // A wrong clock says nothing about the age of a bench.
  if (!measured.trusted || now - measured.at > parseDuration(reuse)) return nothing;
  const age = formatDuration(now - measured.at);
  const findings: (Finding | null)[] = [];
  for (const gate of gates) {
    const { report } = await recheckBench(registry, { id: bench.id, ...thresholdOf(gate) });
    const asked = gate.bound.kind === 'stage' ? 'regression' : 'latency';
    const judged = report.gates.find(({ kind }) => kind === asked);
    findings.push(
      judged === undefined || judged.verdict === 'inconclusive'
        ? null
        : {
            verdict: judged.verdict,
            observed: judged.observed,
            threshold: gate.bound.kind === 'stage' ? judged.threshold : formatBound(gate.bound),
            reason: `${judged.reason} (benchmark ${bench.id}, reused: measured ${age} ago)`,
            stored: true,
          },
    );
  }
  return findings;
}

function thresholdOf(gate: LatencyGate): Omit<RecheckInput, 'id'> {
  const { statistic, bound } = gate;
  return bound.kind === 'stage'
    ? { maxRegression: allowedIncrease(gate), statistic }
    : { maxMs: { [statistic]: valueOf(bound.amount) } };
}

/**
 * Whether the bench had the same inputs (those of the golden set, or generated with these settings)
 * and at least as many launches. An input file may have changed. Benches of earlier versions lack
 * some fields.
 */
function isPlannedAlike({ plan: then, input }: StoredReport, plan: BenchPlan): boolean {
  if (input.source === 'file') return false;
  return inputsOf(then) === inputsOf(plan) && then.launches >= plan.launches;
}

/**
 * Whether it was checked against the golden sets that the version has now. A set that was added
 * since may fail, and may be the one whose inputs are used.
 */
function isCheckedAlike({ outputs: { golden } }: StoredReport, candidate: VersionRecord): boolean {
  // Benches of earlier versions knew one set.
  const then = golden?.sets?.map(({ digest }) => digest) ?? (golden ? [golden.digest] : []);
  const now = goldenSetsOf(candidate).map(({ artifact }) => artifact.digest);
  return canonicalJson(then) === canonicalJson(now);
}

type InputPlan = Partial<Record<'synthetic' | 'seed' | 'batch' | 'shapes' | 'ranges' | 'tolerance', unknown>>;

function inputsOf({ synthetic, seed, batch, shapes, ranges, tolerance }: InputPlan): string {
  return canonicalJson({ synthetic, seed, batch, shapes, ranges, tolerance });
}

/**
 * The fingerprint that a measurement would have now; null if ONNX Runtime does not load, which the
 * measurement then reports.
 */
async function fingerprintHere(
  { signal }: Registry,
  plan: BenchPlan,
  shared: boolean,
): Promise<string | null> {
  const outcome = await probeRuntime(signal);
  if (outcome.status !== 'ok') return null;
  const { onnxruntime } = outcome.value;
  const { intraOpThreads, interOpThreads, extra } = chooseSession(resolvePlan(plan, 0), { shared });
  return fingerprint(
    readFacts({ onnxruntime, provider: plan.device, intraOpThreads, interOpThreads, extra }),
  );
}
