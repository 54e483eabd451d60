/** Anything but `pass` blocks a promotion; `inconclusive`: the comparison could not be made, or is too close to call. */
export type GateVerdict = 'pass' | 'fail' | 'inconclusive';

/** One condition that a promotion must meet, and what was found. All texts, for people and for the event that keeps them. */
export interface GateResult {
  /** The condition as it is written: `auc>=production-0.005`. */
  gate: string;
  /** What kind of gate it is: `latency`. Absent in results that were stored before kinds had names. */
  kind?: string;
  verdict: GateVerdict;
  observed: string;
  threshold: string;
  reason: string;
}

/** The verdict of all together: a fail, else whatever is no pass is inconclusive; null where there are none. */
export function worstVerdict(gates: readonly { verdict: GateVerdict }[]): GateVerdict | null {
  if (gates.length === 0) return null;
  if (gates.some(({ verdict }) => verdict === 'fail')) return 'fail';
  return gates.every(({ verdict }) => verdict === 'pass') ? 'pass' : 'inconclusive';
}

/** Of the gates that a stored bench met, in what may be of an earlier version or damaged; null: it had none. */
export function verdictOfBench(result: unknown): GateVerdict | null {
  const { gates } = (result ?? {}) as { gates?: { verdict: GateVerdict }[] };
  return worstVerdict(Array.isArray(gates) ? gates : []);
}

/** The first gate that does not pass, with its reason, and how many others there are. */
export function sayFailing([first, ...others]: readonly GateResult[]): string {
  if (first === undefined) return 'no gate passed';
  const how = first.verdict === 'fail' ? 'failed' : 'is inconclusive';
  return `gate ${first.gate} ${how}: ${first.reason}${others.length > 0 ? ` (and ${others.length} more)` : ''}`;
}
