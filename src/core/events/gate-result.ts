/**
 * Anything but `pass` blocks a promotion. `inconclusive`: the comparison could not be made, or is
 * too close to call.
 */
export type GateVerdict = 'pass' | 'fail' | 'inconclusive';

/**
 * One condition of a promotion, and what was found. All members are texts, for people and for the
 * event that stores them.
 */
export interface GateResult {
  /** The condition as written: `auc>=production-0.005`. */
  gate: string;
  /** The kind of gate: `latency`. Absent in results that were stored before kinds had names. */
  kind?: string;
  verdict: GateVerdict;
  observed: string;
  threshold: string;
  reason: string;
}

/**
 * The verdict on all gates together: `fail` if one failed, else `inconclusive` if one did not pass,
 * else `pass`; null if there are none.
 */
export function worstVerdict(gates: readonly { verdict: GateVerdict }[]): GateVerdict | null {
  if (gates.length === 0) return null;
  if (gates.some(({ verdict }) => verdict === 'fail')) return 'fail';
  return gates.every(({ verdict }) => verdict === 'pass') ? 'pass' : 'inconclusive';
}

/**
 * The verdict on the gates of a stored bench, whose result may be damaged or of an earlier version;
 * null if it had none.
 */
export function verdictOfBench(result: unknown): GateVerdict | null {
  const { gates } = (result ?? {}) as { gates?: { verdict: GateVerdict }[] };
  return worstVerdict(Array.isArray(gates) ? gates : []);
}

/** The first gate that did not pass, with its reason, and the number of others. */
export function sayFailing([first, ...others]: readonly GateResult[]): string {
  if (first === undefined) return 'no gate passed';
  const how = first.verdict === 'fail' ? 'failed' : 'is inconclusive';
  return `gate ${first.gate} ${how}: ${first.reason}${others.length > 0 ? ` (and ${others.length} more)` : ''}`;
}
