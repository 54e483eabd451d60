import type { GateResult } from '../core/events/gate-result.ts';
import type { Requirement } from './requirement.ts';

export interface Judgement {
  result: GateResult;
  /** The command to run next if it does not pass. */
  hint?: string;
}

/**
 * Judges one requirement. What cannot be determined is `inconclusive`. Rejects only with the errors
 * of the evidence.
 */
export async function judgeRequirement<Evidence>(
  { gate, whenEmpty }: Requirement<Evidence>,
  evidence: Evidence,
): Promise<Judgement> {
  const { empty, hint, stored: _stored, ...finding } = await gate.judge(evidence);
  const named = { gate: gate.text, kind: gate.kind };
  if (empty === undefined || whenEmpty === 'block')
    return { result: { ...named, ...finding }, ...(hint === undefined ? {} : { hint }) };
  const reason = `${empty} is empty, so this gate passes (when empty: pass)`;
  return { result: { ...named, ...finding, verdict: 'pass', reason } };
}
