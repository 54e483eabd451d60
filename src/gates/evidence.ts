import type { GateVerdict } from '../core/events/gate-result.ts';
import type { StageName } from '../core/versions/reference.ts';
import type { StagePointer, VersionRecord } from '../core/versions/version-record.ts';

/** What a gate found, with the texts of a `GateResult`. */
export interface Finding {
  verdict: GateVerdict;
  observed: string;
  threshold: string;
  reason: string;
  /** Set if nothing could be compared only because this stage is empty: see `whenEmpty`. */
  empty?: StageName;
  /** The command to run next. */
  hint?: string;
  /** The finding is from a stored bench, which a newer one may replace. */
  stored?: true;
}

/**
 * The facts that every gate can use. A kind of gate that needs more declares it in its own file, as
 * functions that only its gates call, since gathering them may take minutes. How they are gathered
 * and what is remembered is up to the provider.
 */
export interface Facts {
  candidate: VersionRecord;
  /** The stage to promote to. */
  stage: StageName;
  /** The actor who promotes. */
  actor: string;
  /** Epoch milliseconds. */
  now: number;
  /** A stage's pointer, for the candidate's model. */
  pointer: (stage: StageName) => Promise<StagePointer>;
  /** The version that the pointer points at; null: the stage is empty. */
  holder: (stage: StageName) => Promise<VersionRecord | null>;
}

/** The comparison is not possible, so the gate blocks. */
export function cannotTell(threshold: string, reason: string, observed = 'unknown'): Finding {
  return { verdict: 'inconclusive', observed, threshold, reason };
}

/** There is nothing to compare with: `--when-empty pass` lets it through. */
export function stageIsEmpty(stage: StageName, threshold: string, observed: string): Finding {
  const reason = `${stage} is empty: nothing to compare with`;
  const hint =
    'allow a first promotion with --when-empty pass, or where the policy says "block", with "whenEmpty": "pass" in it';
  return { ...cannotTell(threshold, reason, observed), empty: stage, hint };
}

/** Why so little time counts. */
export function wrongClock(event: string): string {
  return `; the clock was wrong when ${event}, so only the time since its correction counts`;
}

/**
 * The hint if no time counts because the clock was wrong. Once the clock is corrected, time counts
 * again, and waiting is all that helps.
 */
export function hintAtClock(time: number): { hint?: string } {
  return time > 0 ? {} : { hint: 'when the clock is right, run mlreg doctor --fix-clock -m "why"' };
}
