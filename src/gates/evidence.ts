import type { GateVerdict } from '../core/events/gate-result.ts';
import type { StageName } from '../core/events/stage.ts';
import type { StagePointer, VersionRecord } from '../core/versions/version-record.ts';

/** What a gate found; the texts of a `GateResult`. */
export interface Finding {
  verdict: GateVerdict;
  observed: string;
  threshold: string;
  reason: string;
  /** Only because a stage to compare with is empty could nothing be compared: see `whenEmpty`. */
  empty?: StageName;
  /** What to type next. */
  hint?: string;
  /** Found in a stored bench, which a later one may replace. */
  stored?: true;
}

/**
 * What every gate is judged on. A kind that needs more declares it beside itself, as functions,
 * which only its gates call: finding out may take minutes. How it is found out, and what is
 * remembered, is the provider's affair.
 */
export interface Facts {
  candidate: VersionRecord;
  /** The stage that the candidate is to be promoted to. */
  stage: StageName;
  /** Who promotes. */
  actor: string;
  /** Epoch milliseconds. */
  now: number;
  /** Where a stage of the candidate's model points. */
  pointer: (stage: StageName) => Promise<StagePointer>;
  /** The version that the pointer is at; null: the stage is empty. */
  holder: (stage: StageName) => Promise<VersionRecord | null>;
}

/** A comparison that cannot be made: it blocks. */
export function cannotTell(threshold: string, reason: string, observed = 'unknown'): Finding {
  return { verdict: 'inconclusive', observed, threshold, reason };
}

/** Nothing to compare with: `--when-empty pass` lets it through. */
export function stageIsEmpty(stage: StageName, threshold: string, observed: string): Finding {
  const reason = `${stage} is empty: nothing to compare with`;
  const hint =
    'allow a first promotion with --when-empty pass, or where the policy says "block", with "whenEmpty": "pass" in it';
  return { ...cannotTell(threshold, reason, observed), empty: stage, hint };
}
