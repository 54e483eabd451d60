import { MlregError } from '../../../core/errors.ts';
import type { StageName } from '../../../core/events/stage.ts';
import { formatReference } from '../../../core/versions/reference.ts';
import type { Version } from '../../../core/versions/version.ts';
import type { StagePointer } from '../../../core/versions/version-record.ts';
import type { Facts } from '../../../gates/evidence.ts';
import type { Evidence } from '../../../gates/gate-kinds.ts';
import { amendmentsOf } from '../../versions/amendments.ts';
import { approvalsOf } from '../approve.ts';
import { lastMoveTime, registrationTime } from '../event-time.ts';
import { readAsJudged, type AsJudged } from '../judged-version.ts';
import { goldenEvidence } from './golden-evidence.ts';
import { latencyEvidence } from './latency-evidence.ts';
import type { Round } from './round.ts';

/** What was looked at for the evidence: the move requires that it is still so. */
export interface LookedAt {
  /** Stages beside the one that is promoted to. */
  others: Map<StageName, StagePointer>;
  /** Versions, with their last event among `judgedActions`. */
  touched: Map<Version, number>;
}

/**
 * The evidence of one round: each kind of gate has its provider here, or in a file beside.
 * `pointer` is that of the stage that is promoted to, as it was looked at.
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
    // Finding out who acts takes time; few gates ask.
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
