import { formatDuration, parseDuration } from '../core/duration.ts';
import { isMlregError, MlregError } from '../core/errors.ts';
import type { BenchSettings } from '../core/policy.ts';
import { formatReference } from '../core/reference.ts';
import type { StageName } from '../core/stage.ts';
import type { StagePointer, VersionRecord } from '../core/version-record.ts';
import { cannotTell, type Evidence, type Finding } from '../gates/evidence.ts';
import { formatBound, formatGate } from '../gates/format-gate.ts';
import type { LatencyGate } from '../gates/gate.ts';
import { approvalsOf } from './approve.ts';
import type { Registry } from './registry.ts';

/** What of a promotion's evidence does not depend on who holds the stage: found out once, however often the pointer moves meanwhile. */
export interface EvidenceMemory {
  findings: Map<string, Promise<Finding>>;
  /** When measuring must be over: from the first measurement on. */
  measuredUntil: number | undefined;
}

export function rememberNothing(): EvidenceMemory {
  return { findings: new Map(), measuredUntil: undefined };
}

export interface EvidenceInput {
  candidate: VersionRecord;
  /** Of the stage that is promoted to, as it was looked at. */
  pointer: StagePointer;
  memory: EvidenceMemory;
  settings: BenchSettings;
  /** Latency gates that one measurement can decide together: those that name a limit. */
  limits: LatencyGate[];
  /** Only asked what would happen: nothing is kept. */
  dryRun: boolean;
}

const defaultMeasuringMs = 45_000;

/** The evidence of one round, and the other stages that were looked at for it. */
export function gatherEvidence(
  registry: Registry,
  { candidate, pointer, memory, settings, limits, dryRun }: EvidenceInput,
): { evidence: Evidence; others: Map<StageName, StagePointer> } {
  const { name, version } = candidate;
  const { stage } = pointer;
  const others = new Map<StageName, StagePointer>();
  const once = (key: string, find: () => Promise<Finding>): Promise<Finding> => {
    const found = memory.findings.get(key) ?? find();
    memory.findings.set(key, found);
    return found;
  };
  const pointerOf = async (other: StageName): Promise<StagePointer> => {
    if (other === stage) return pointer;
    const known = others.get(other) ?? (await registry.metadata.pointer(name, other));
    others.set(other, known);
    return known;
  };
  const measure = async (gates: LatencyGate[], holder: VersionRecord | null): Promise<Finding[]> => {
    const { timeout } = settings;
    const most = timeout === undefined ? defaultMeasuringMs : parseDuration(timeout);
    memory.measuredUntil ??= performance.now() + most;
    const timeoutMs = memory.measuredUntil - performance.now();
    if (timeoutMs < 1000)
      return gates.map((gate) =>
        cannotTell(formatBound(gate.bound), `the ${formatDuration(most)} for measuring are used up`),
      );
    return registry.latency({ candidate, holder, gates, settings, timeoutMs, keep: !dryRun });
  };
  const evidence: Evidence = {
    candidate,
    stage,
    get actor() {
      return registry.actor;
    },
    now: registry.now(),
    pointer: pointerOf,
    holder: async (other) => {
      const { version: held } = await pointerOf(other);
      if (held === null) return null;
      const record = held === version ? candidate : await registry.metadata.version(name, held);
      if (record !== undefined) return record;
      throw new MlregError('INTEGRITY', `${formatReference(name, held)} holds ${other} but has no row`, {
        hint: 'mlreg verify',
      });
    },
    approvals: () => approvalsOf(registry, candidate, stage),
    golden: () => once('golden', () => runGolden(registry, candidate)),
    latency: (gate, holder) => {
      if (holder !== null) {
        const key = `${formatGate(gate)} ${holder.version}`;
        return once(key, async () => orNothing((await measure([gate], holder))[0]));
      }
      let all: Promise<Finding[]> | undefined;
      for (const [index, limit] of limits.entries())
        once(formatGate(limit), async () => orNothing((await (all ??= measure(limits, null)))[index])).catch(
          // Whoever asks for it is told.
          () => undefined,
        );
      return once(formatGate(gate), async () => orNothing((await measure([gate], null))[0]));
    },
  };
  return { evidence, others };
}

function orNothing(finding: Finding | undefined): Finding {
  return finding ?? cannotTell('', 'nothing was measured');
}

/** In the sandboxed child; loaded only where a gate asks for it. */
async function runGolden(registry: Registry, candidate: VersionRecord): Promise<Finding> {
  const threshold = 'all cases match';
  const [{ testVersion }, { objection }] = await Promise.all([
    import('./test-version.ts'),
    import('./test-objection.ts'),
  ]);
  const { name, version } = candidate;
  try {
    const result = await testVersion(registry, { ref: { name, selector: { kind: 'version', version } } });
    const run = result.cases.filter(({ match }) => match !== null);
    const matching = run.filter(({ match }) => match === true);
    return {
      verdict: result.verdict,
      observed: `${matching.length} of ${run.length} cases match`,
      threshold,
      reason:
        objection(result)?.message ??
        `${matching.length} of ${result.cases.length} cases were run, and match`,
    };
  } catch (error) {
    // No golden set, no ONNX model, no runtime: nothing can be told. Damage and interruption are no findings.
    if (!isMlregError(error, 'NOT_FOUND') && !isMlregError(error, 'INVALID_INPUT')) throw error;
    return { ...cannotTell(threshold, error.message, 'not run'), hint: error.hint };
  }
}
