import { MlregError, isMlregError } from '../../core/errors.ts';
import { judgedActions } from '../../core/events/event.ts';
import type { BenchSettings } from '../../core/events/policy.ts';
import { formatDuration, parseDuration } from '../../core/text/units.ts';
import { type ModelName, type StageName, formatReference } from '../../core/versions/reference.ts';
import { goldenSetsOf } from '../../core/versions/golden-sets.ts';
import type { VersionRecord, StagePointer } from '../../core/versions/version-record.ts';
import type { Version } from '../../core/versions/version.ts';
import { formatBound } from '../../gates/bound.ts';
import { type Finding, type Facts, cannotTell } from '../../gates/evidence.ts';
import type { Gate } from '../../gates/gate-kind.ts';
import type { Evidence } from '../../gates/gate-kinds.ts';
import type { GoldenEvidence } from '../../gates/kinds/golden.ts';
import {
  formatLatency,
  latencyLimits,
  type LatencyEvidence,
  type LatencyGate,
} from '../../gates/kinds/latency.ts';
import type { TestResult } from '../inspect/test-result.ts';
import type { Registry } from '../registry.ts';
import type { VerifiedCopies } from '../verified-copies.ts';
import { amendmentsOf } from '../versions/amendments.ts';
import { approvalsOf } from './approve.ts';
import { lastMoveTime, registrationTime } from './event-time.ts';

/** A version as it is now, and the last event that changed it. */
export interface AsJudged {
  record: VersionRecord;
  /** Sequence number of its last event among `judgedActions`. */
  event: number;
}

/**
 * Reads the event first: a change in between makes the judgement outdated, which is noticed, and
 * not wrong.
 */
export async function readAsJudged(
  registry: Registry,
  name: ModelName,
  version: Version,
): Promise<AsJudged | undefined> {
  const event = await lastJudgedEvent(registry, name, version);
  const record = await registry.metadata.version(name, version);
  return record && { record, event };
}

/** 0 if there is no such event: then the row is wrong. */
export async function lastJudgedEvent(
  { metadata }: Registry,
  model: ModelName,
  version: Version,
): Promise<number> {
  const [last] = await metadata.events({ model, version, actions: judgedActions, limit: 1 });
  return last?.seq ?? 0;
}

/** A key for what was found about the candidate with the golden sets that it has in this round. */
function withSets({ candidate }: Round, key: string): string {
  return [key, ...goldenSetsOf(candidate).map(({ artifact }) => artifact.digest)].join(' ');
}

/** Whether golden sets of the version's own outputs alone are enough for the golden gate. */
export interface SelfMadeSets {
  allowed: boolean;
  /** The source of a policy that allows them, but cannot: it is not the registry's. */
  askedBy: string | null;
}

/** One judgement of a promotion, as the providers of its evidence see it. */
export interface Round {
  registry: Registry;
  candidate: VersionRecord;
  /** All gates to be judged: one measurement may decide several. */
  gates: readonly Gate<Evidence>[];
  memory: EvidenceMemory;
  settings: BenchSettings;
  self: SelfMadeSets;
  /** A dry run: nothing is stored. */
  dryRun: boolean;
  /** Where gates that run a model take it from. */
  copies: VerifiedCopies;
}

/**
 * Evidence of a promotion that does not depend on the stage's holder. It is gathered once, however
 * often the pointer moves meanwhile.
 */
export interface EvidenceMemory {
  /**
   * The finding stored under the key, else the one that `find` returns. A rejection is remembered
   * as well.
   */
  once(key: string, find: () => Promise<Finding>): Promise<Finding>;
  has(key: string): boolean;
  /** Forgets the findings from stored benches: there may be a newer bench. */
  forgetStored(): void;
  /** When measuring must end, by `performance.now()`. Set at the first measurement. */
  measuredUntil?: number;
}

export function rememberNothing(): EvidenceMemory {
  const findings = new Map<string, Promise<Finding>>();
  const ofStored = new Set<string>();
  return {
    async once(key, find) {
      const found = findings.get(key) ?? find();
      findings.set(key, found);
      const { stored, ...finding } = await found;
      if (stored === true) ofStored.add(key);
      return finding;
    },
    has: (key) => findings.has(key),
    forgetStored() {
      for (const key of ofStored) findings.delete(key);
      ofStored.clear();
    },
  };
}

/** What the evidence was read from. The move requires that it has not changed. */
export interface LookedAt {
  /** Stages other than the target stage. */
  others: Map<StageName, StagePointer>;
  /** Versions, with their last event among `judgedActions`. */
  touched: Map<Version, number>;
}

/**
 * The evidence for one round. Each kind of gate has its provider in this file.
 * `pointer` is the target stage's pointer as it was read.
 */
export function gatherEvidence(
  pointer: StagePointer,
  { candidate: asJudged, ...given }: Omit<Round, 'candidate'> & { candidate: AsJudged },
): LookedAt & { evidence: Evidence } {
  const round: Round = { ...given, candidate: asJudged.record };
  const { registry, candidate, memory } = round;
  const lookedAt: LookedAt = {
    others: new Map(),
    touched: new Map([[candidate.version, asJudged.event]]),
  };
  memory.forgetStored();
  const evidence: Evidence = Object.assign(factsOf(round, pointer, lookedAt), {
    ...goldenEvidence(round),
    ...latencyEvidence(round),
    movedAt: (moved: StagePointer) => lastMoveTime(registry, moved),
    registeredAt: () => registrationTime(registry, candidate),
    approvals: () => approvalsOf(registry, candidate, pointer.stage),
    amendment: async (...[of, metric]: Parameters<Evidence['amendment']>) =>
      (await amendmentsOf(registry, of)).findLast((amendment) => amendment.metric === metric),
  });
  return { ...lookedAt, evidence };
}

function factsOf({ registry, candidate }: Round, own: StagePointer, { others, touched }: LookedAt): Facts {
  const { name, version } = candidate;
  const pointer = async (stage: StageName): Promise<StagePointer> => {
    if (stage === own.stage) return own;
    const known = others.get(stage) ?? (await registry.metadata.pointer(name, stage));
    others.set(stage, known);
    return known;
  };
  return {
    candidate,
    stage: own.stage,
    // Finding the actor takes time, and few gates need it.
    get actor() {
      return registry.actor;
    },
    now: registry.now(),
    pointer,
    async holder(stage) {
      const { version: held } = await pointer(stage);
      if (held === null) return null;
      if (held === version) return candidate;
      const holder = await readAsJudged(registry, name, held);
      if (holder !== undefined) {
        touched.set(held, holder.event);
        return holder.record;
      }
      const what = `${formatReference(name, held)} holds ${stage}, but its row is missing`;
      throw new MlregError('INTEGRITY', what, { hint: 'mlreg verify' });
    },
  };
}

/** Runs the candidate on its golden sets, once; again if one was added since. */
export function goldenEvidence(round: Round): GoldenEvidence {
  const key = withSets(round, `golden ${round.self.allowed} ${round.self.askedBy}`);
  return { golden: () => round.memory.once(key, () => runGolden(round)) };
}

/** Runs in a child process; loaded only if a gate needs it. */
async function runGolden({ registry, candidate, copies, self }: Round): Promise<Finding> {
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
    const { verdict, goldenSets } = result;
    if (verdict === 'pass' && !self.allowed && goldenSets.every((set) => set.self))
      return onlySelfMade(result, threshold, self);
    return {
      verdict,
      observed: `${matching.length} of ${run.length} cases match`,
      threshold,
      reason:
        testFailure(result)?.message ??
        `${matching.length} of ${result.cases.length} cases were run and match`,
    };
  } catch (error) {
    // No golden set, no ONNX model or no runtime: inconclusive. Damaged bytes and an abort are not
    // findings, so they are thrown.
    if (!isMlregError(error, 'NOT_FOUND') && !isMlregError(error, 'INVALID_INPUT')) throw error;
    return { ...cannotTell(threshold, error.message, 'not run'), hint: error.hint };
  }
}

/** A model that agrees with itself proves only that its outputs are reproducible. */
function onlySelfMade(
  { ref, goldenSets }: TestResult,
  threshold: string,
  { askedBy }: SelfMadeSets,
): Finding {
  const which =
    goldenSets.length === 1 ? 'its only golden set was' : `all of its ${goldenSets.length} golden sets were`;
  const forbidden =
    askedBy === null
      ? 'the policy does not allow these alone ("golden": {"allowSelf": true})'
      : `only the registry's policy can allow these alone, so "allowSelf" in ${askedBy} does not count`;
  return {
    ...cannotTell(
      threshold,
      `${which} made from its own outputs (golden make), which prove nothing about it; ${forbidden}`,
      'only self-made sets',
    ),
    hint: `add a set whose expected outputs come from elsewhere: mlreg golden add ${ref} PATH${askedBy === null ? '' : '; to allow self-made sets: mlreg policy apply FILE'}`,
  };
}

const defaultMeasuringMs = 45_000;

/**
 * Measures the candidate once for each gate, except that one measurement decides all gates that
 * name a limit.
 */
export function latencyEvidence(round: Round): LatencyEvidence {
  const { memory, gates } = round;
  // A measurement also compares the outputs with the golden sets.
  const keyOf = (gate: LatencyGate, ...of: string[]): string =>
    withSets(round, [formatLatency(gate), ...of].join(' '));
  return {
    latency(gate, holder) {
      if (holder !== null) {
        const key = keyOf(gate, holder.version);
        return memory.once(key, async () => orNothing((await measure(round, [gate], holder))[0]));
      }
      let all: Promise<Finding[]> | undefined;
      const open = latencyLimits(gates).filter((limit) => !memory.has(keyOf(limit)));
      for (const [index, limit] of open.entries())
        memory
          .once(keyOf(limit), async () => orNothing((await (all ??= measure(round, open, null)))[index]))
          .catch(
            // The caller that awaits it gets the error.
            () => undefined,
          );
      return memory.once(keyOf(gate), async () => orNothing((await measure(round, [gate], null))[0]));
    },
  };
}

/** One measurement. It may get too little time, if earlier ones used up most of the total. */
async function measure(
  { registry, candidate, settings, memory, dryRun, copies }: Round,
  gates: LatencyGate[],
  holder: VersionRecord | null,
): Promise<Finding[]> {
  const { timeout } = settings;
  const most = timeout === undefined ? defaultMeasuringMs : parseDuration(timeout);
  memory.measuredUntil ??= performance.now() + most;
  const timeoutMs = memory.measuredUntil - performance.now();
  if (timeoutMs < 1000) {
    const reason = `the time limit of ${formatDuration(most)} for measurements is used up`;
    return gates.map((gate) => cannotTell(formatBound(gate.bound), reason));
  }
  const question = { candidate, holder, gates, settings, timeoutMs, keep: !dryRun };
  return registry.latency(question, copies);
}

function orNothing(finding: Finding | undefined): Finding {
  return finding ?? cannotTell('', 'nothing was measured');
}
