import type { GateResult } from '../../core/events/gate-result.ts';

/** The first gate that does not pass, with its reason, and how many others there are. */
export function sayFailing([first, ...others]: readonly GateResult[]): string {
  if (first === undefined) return 'no gate passed';
  const how = first.verdict === 'fail' ? 'failed' : 'is inconclusive';
  return `gate ${first.gate} ${how}: ${first.reason}${others.length > 0 ? ` (and ${others.length} more)` : ''}`;
}
