/** Anything but `pass` blocks a promotion; `inconclusive`: the comparison could not be made, or is too close to call. */
export type GateVerdict = 'pass' | 'fail' | 'inconclusive';

/** One condition that a promotion must meet, and what was found. All texts, for people and for the event that keeps them. */
export interface GateResult {
  /** The condition as it is written: `auc>=production-0.005`. */
  gate: string;
  verdict: GateVerdict;
  observed: string;
  threshold: string;
  reason: string;
}
