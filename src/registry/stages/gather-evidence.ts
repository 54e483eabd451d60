import { formatDuration, parseDuration } from '../../core/text/duration.ts';
import { isMlregError, MlregError } from '../../core/errors.ts';
import { judgedActions } from '../../core/events/event.ts';
import type { ModelName } from '../../core/versions/model-name.ts';
import type { Version } from '../../core/versions/version.ts';
import type { BenchSettings } from '../../core/events/policy.ts';
import { formatReference } from '../../core/versions/reference.ts';
import type { StageName } from '../../core/events/stage.ts';
import type { StagePointer, VersionRecord } from '../../core/versions/version-record.ts';
import { cannotTell, type Finding } from '../../gates/evidence.ts';
import { formatBound } from '../../gates/format-bound.ts';
import type { Evidence } from '../../gates/gate-kinds.ts';
import { formatLatency, type LatencyGate } from '../../gates/kinds/latency.ts';
import { amendmentsOf } from '../versions/amendments.ts';
import { lastMoveTime, registrationTime } from './event-time.ts';
import { approvalsOf } from './approve.ts';
import type { Registry } from '../registry.ts';
import type { VerifiedCopies } from '../verified-copies.ts';

/** What of a promotion's evidence does not depend on who holds the stage: found out once, however often the pointer moves meanwhile. */
export interface EvidenceMemory {
  findings: Map<string, Promise<Finding>>;
  /** Keys of those that a stored bench gave: the next round looks whether there is a later one. */
  stored: Set<string>;
  /** When measuring must be over: from the first measurement on. */
  measuredUntil: number | undefined;
}

export function rememberNothing(): EvidenceMemory {
  return { findings: new Map(), stored: new Set(), measuredUntil: undefined };
}

export interface EvidenceInput {
  candidate: AsJudged;
  /** Of the stage that is promoted to, as it was looked at. */
  pointer: StagePointer;
  memory: EvidenceMemory;
  settings: BenchSettings;
  /** Latency gates that one measurement can decide together: those that name a limit. */
  limits: LatencyGate[];
  /** Only asked what would happen: nothing is kept. */
  dryRun: boolean;
  /** What the gates that run a model take it from. */
  copies: VerifiedCopies;
}

/** A version as it is now, and the last event that it follows from. */
export interface AsJudged {
  record: VersionRecord;
  /** Sequence number of its last event among `judgedActions`. */
  event: number;
}

/** The event is read first: what happens in between makes the judgement stale, not wrong. */
export async function readAsJudged(
  registry: Registry,
  name: ModelName,
  version: Version,
): Promise<AsJudged | undefined> {
  const event = await lastJudgedEvent(registry, name, version);
  const record = await registry.metadata.version(name, version);
  return record && { record, event };
}

/** 0 where there is none: its row cannot be right. */
export async function lastJudgedEvent(
  { metadata }: Registry,
  model: ModelName,
  version: Version,
): Promise<number> {
  const [last] = await metadata.events({ model, version, actions: judgedActions, limit: 1 });
  return last?.seq ?? 0;
}

const defaultMeasuringMs = 45_000;

/** The evidence of one round, and what was looked at for it: other stages, and versions with their last event. */
export function gatherEvidence(
  registry: Registry,
  { candidate, pointer, memory, settings, limits, dryRun, copies }: EvidenceInput,
): { evidence: Evidence; others: Map<StageName, StagePointer>; touched: Map<Version, number> } {
  const { record } = candidate;
  const { name, version } = record;
  const { stage } = pointer;
  const others = new Map<StageName, StagePointer>();
  const touched = new Map<Version, number>([[version, candidate.event]]);
  for (const key of memory.stored) memory.findings.delete(key);
  memory.stored.clear();
  const once = async (key: string, find: () => Promise<Finding>): Promise<Finding> => {
    const found = memory.findings.get(key) ?? find();
    memory.findings.set(key, found);
    const { stored, ...finding } = await found;
    if (stored === true) memory.stored.add(key);
    return finding;
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
        cannotTell(
          formatBound(gate.bound),
          `the time limit of ${formatDuration(most)} for measurements is used up`,
        ),
      );
    const question = { candidate: record, holder, gates, settings, timeoutMs, keep: !dryRun };
    return registry.latency(question, copies);
  };
  const evidence: Evidence = {
    candidate: record,
    stage,
    get actor() {
      return registry.actor;
    },
    now: registry.now(),
    pointer: pointerOf,
    movedAt: (moved) => lastMoveTime(registry, moved),
    registeredAt: () => registrationTime(registry, record),
    holder: async (other) => {
      const { version: held } = await pointerOf(other);
      if (held === null) return null;
      if (held === version) return record;
      const holder = await readAsJudged(registry, name, held);
      if (holder !== undefined) {
        touched.set(held, holder.event);
        return holder.record;
      }
      throw new MlregError(
        'INTEGRITY',
        `${formatReference(name, held)} holds ${other}, but its row is missing`,
        {
          hint: 'mlreg verify',
        },
      );
    },
    approvals: () => approvalsOf(registry, record, stage),
    amendment: async (of, metric) =>
      (await amendmentsOf(registry, of)).findLast((amendment) => amendment.metric === metric),
    golden: () => once('golden', () => runGolden(registry, record, copies)),
    latency: (gate, holder) => {
      if (holder !== null) {
        const key = `${formatLatency(gate)} ${holder.version}`;
        return once(key, async () => orNothing((await measure([gate], holder))[0]));
      }
      let all: Promise<Finding[]> | undefined;
      const open = limits.filter((limit) => !memory.findings.has(formatLatency(limit)));
      for (const [index, limit] of open.entries())
        once(formatLatency(limit), async () => orNothing((await (all ??= measure(open, null)))[index])).catch(
          // Whoever asks for it is told.
          () => undefined,
        );
      return once(formatLatency(gate), async () => orNothing((await measure([gate], null))[0]));
    },
  };
  return { evidence, others, touched };
}

function orNothing(finding: Finding | undefined): Finding {
  return finding ?? cannotTell('', 'nothing was measured');
}

/** In a child process; loaded only where a gate asks for it. */
async function runGolden(
  registry: Registry,
  candidate: VersionRecord,
  copies: VerifiedCopies,
): Promise<Finding> {
  const threshold = 'all cases match';
  const [{ testVersion }, { testFailure }] = await Promise.all([
    import('../inspect/test-version.ts'),
    import('../inspect/test-failure.ts'),
  ]);
  const { name, version } = candidate;
  try {
    const result = await testVersion(registry, {
      ref: { name, selector: { kind: 'version', version } },
      copies,
    });
    const run = result.cases.filter(({ match }) => match !== null);
    const matching = run.filter(({ match }) => match === true);
    return {
      verdict: result.verdict,
      observed: `${matching.length} of ${run.length} cases match`,
      threshold,
      reason:
        testFailure(result)?.message ??
        `${matching.length} of ${result.cases.length} cases were run and match`,
    };
  } catch (error) {
    // No golden set, no ONNX model, no runtime: nothing can be told. Damage and interruption are no findings.
    if (!isMlregError(error, 'NOT_FOUND') && !isMlregError(error, 'INVALID_INPUT')) throw error;
    return { ...cannotTell(threshold, error.message, 'not run'), hint: error.hint };
  }
}
