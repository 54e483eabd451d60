import { MlregError } from '../../../core/errors.ts';
import { type StageName, formatReference } from '../../../core/versions/reference.ts';
import type { StagePointer, VersionRecord } from '../../../core/versions/version-record.ts';
import type { Version } from '../../../core/versions/version.ts';
import type { Facts } from '../../../gates/evidence.ts';
import type { Evidence } from '../../../gates/gate-kinds.ts';
import { amendmentsOf } from '../../versions/amendments.ts';
import { approvalsOf } from '../approve.ts';
import { lastMoveTime, registrationTime } from '../event-time.ts';
import { type AsJudged, readAsJudged, type Round } from './round.ts';

/** What the evidence was read from. The move requires that it has not changed. */
export interface LookedAt {
  /** Stages other than the target stage. */
  others: Map<StageName, StagePointer>;
  /** Versions, with their last event among `judgedActions`. */
  touched: Map<Version, number>;
}

/**
 * The evidence for one round. What a kind of gate needs beyond the facts has its provider: a line
 * here, or a function in a file of this folder, which is loaded if a gate asks for it. `pointer` is the target stage's pointer as it was read.
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
    golden: async () => (await import('./golden.ts')).testOnGolden(round),
    latency: async (...asked: Parameters<Evidence['latency']>) =>
      (await import('./latency.ts')).measureLatency(round, ...asked),
    evaluation: async (...asked: Parameters<Evidence['evaluation']>) =>
      (await import('./evaluations.ts')).findEvaluation(round, ...asked),
    comparison: async (holder: VersionRecord) =>
      (await import('./evaluations.ts')).findComparison(round, holder),
    maxComparisonAgeMs: round.maxComparisonAgeMs,
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
