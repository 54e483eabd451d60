import { canonicalJson } from '../../core/json/canonical.ts';
import type { RegistryEvent } from '../../core/events/event.ts';
import { formatDuration, parseDuration } from '../../core/text/duration.ts';
import { MlregError } from '../../core/errors.ts';
import type { BenchRecord } from '../../core/versions/version-record.ts';
import { valueOf } from '../../gates/compare-numbers.ts';
import type { Finding } from '../../gates/evidence.ts';
import { formatBound } from '../../gates/format-gate.ts';
import { allowedIncrease, type LatencyGate } from '../../gates/gate.ts';
import type { LatencyQuestion } from '../../gates/latency-gauge.ts';
import { probeRuntime } from '../../runtime/probe-runtime.ts';
import type { Registry } from '../../registry/registry.ts';
import { benchHash, isIntact } from '../../storage/hash-chain.ts';
import { chooseSession, resolvePlan } from '../plan/choose-model.ts';
import { fingerprint, readFacts } from '../run/environment.ts';
import type { BenchPlan } from '../plan/plan.ts';
import { recheckBench, type RecheckInput } from './recheck.ts';
import type { BenchReport } from './result.ts';

/** So many of the version's last benches are looked at. */
const lookedAt = 20;

/**
 * What a stored bench says of each gate; null where it has to be measured. It must be of the candidate, and where the gates compare, of the
 * holder's bytes too, in one run; made here, with the same inputs, in at least as many launches, and not before `settings.reuse`. Of several the
 * latest counts, so that nobody picks one. What it cannot decide is measured.
 *
 * INTEGRITY for a bench that is not what was recorded.
 */
export async function reuseBench(
  registry: Registry,
  { candidate, holder, gates, settings: { reuse } }: LatencyQuestion,
  plan: BenchPlan,
): Promise<(Finding | null)[]> {
  const nothing = gates.map(() => null);
  if (reuse === undefined) return nothing;
  const { name, version } = candidate;
  const recent = (await registry.metadata.benches(name, version, lookedAt)).filter(
    (bench) => baselineOf(bench) === (holder?.artifact.digest ?? null) && isPlannedAlike(bench, plan),
  );
  if (recent.length === 0) return nothing;
  const here = await fingerprintHere(registry, plan, holder !== null);
  const bench = recent.find((one) => one.fingerprint === here);
  const { outputs } = (bench?.result ?? {}) as Partial<BenchReport>;
  if (bench === undefined || bench.status !== 'ok' || outputs?.match === false) return nothing;
  const now = registry.now();
  const measured = await registry.metadata.timeOf({ event: await requireRecorded(registry, bench), now });
  // One of a wrong clock may be of any age.
  if (!measured.trusted || now - measured.at > parseDuration(reuse)) return nothing;
  const age = formatDuration(now - measured.at);
  const findings: (Finding | null)[] = [];
  for (const gate of gates) {
    const { report } = await recheckBench(registry, { id: bench.id, ...thresholdOf(gate) });
    const judged = report.gates.find(({ gate: name }) => name.startsWith(`${gate.statistic}<=`));
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

function baselineOf({ result }: BenchRecord): string | null {
  const { baseline } = result as { baseline?: { digest?: string } | null };
  return baseline?.digest ?? null;
}

/** Inputs are those of the golden set, or made from these settings; a file may have changed. What an early version stored lacks some of it. */
function isPlannedAlike({ result }: BenchRecord, plan: BenchPlan): boolean {
  const { plan: then, input } = result as Partial<BenchReport>;
  if (then === undefined || input === undefined || input.source === 'file') return false;
  return inputsOf(then) === inputsOf(plan) && then.launches >= plan.launches;
}

function inputsOf({ synthetic, seed, batch, shapes, ranges, tolerance }: BenchPlan): string {
  return canonicalJson({ synthetic, seed, batch, shapes, ranges, tolerance });
}

/** The fingerprint that a measurement would have now; null where ONNX Runtime does not load, of which the measurement tells. */
async function fingerprintHere(
  { signal }: Registry,
  plan: BenchPlan,
  shared: boolean,
): Promise<string | null> {
  const outcome = await probeRuntime(signal);
  if (outcome.status !== 'ok') return null;
  const { onnxruntime } = outcome.value;
  const { intraOpThreads, interOpThreads, extra } = chooseSession(resolvePlan(plan, 0), { shared });
  return fingerprint(readFacts({ onnxruntime, provider: 'cpu', intraOpThreads, interOpThreads, extra }));
}

/** The event that recorded it, which it is held against: by rows that were changed nothing is let through. */
async function requireRecorded(
  { metadata }: Registry,
  { id, at, model, version, result, fingerprint: here, status }: BenchRecord,
): Promise<RegistryEvent> {
  const samples = await metadata.benchSamples(id);
  let before: number | undefined;
  for (;;) {
    const events = await metadata.events({
      model,
      version,
      actions: ['bench'],
      ...(before === undefined ? {} : { before }),
      limit: lookedAt,
    });
    const event = events.find(({ details }) => details['bench'] === id);
    if (event !== undefined && samples !== undefined && isIntact(event) && event.at === at) {
      const { result: hash, fingerprint: recorded, status: ended } = event.details;
      if (hash === benchHash({ result }, samples) && recorded === here && ended === status) return event;
    }
    before = events.at(-1)?.seq;
    if (event !== undefined || before === undefined) {
      throw new MlregError('INTEGRITY', `the stored benchmark ${id} does not match its event`, {
        hint: 'run mlreg verify to list all damage, or measure again without --reuse-bench',
      });
    }
  }
}
