import type { PolicyStage, WhenEmpty } from '../core/events/policy.ts';
import type { Gate } from './gate-kind.ts';
import { parseGates, type GateText } from './parse-gates.ts';

/** A gate of a promotion, and what an empty stage to compare with means for it. */
export interface Requirement<Evidence> {
  gate: Gate<Evidence>;
  whenEmpty: WhenEmpty;
}

/**
 * The requirements of one stage of a policy, those with keys of their own first. INVALID_INPUT
 * names the place in `what`.
 */
export function policyRequirements<Evidence>(
  section: PolicyStage,
  { what, ...text }: GateText<Evidence>,
  unlessSaid: WhenEmpty,
): Requirement<Evidence>[] {
  const { require = [], whenEmpty = unlessSaid } = section;
  const keyed = text.grammar.kinds.policy.map((kind) => kind.read(section));
  const written = require.flatMap((gates, index) =>
    parseGates(gates, { ...text, what: `${what}.require[${index}]` }),
  );
  return [...keyed.filter((gate) => gate !== undefined), ...written].map((gate) => ({ gate, whenEmpty }));
}

/** The oldest version of the grammar in which gates mean the same: what is kept beside a policy. */
export function oldestGrammar(requirements: readonly Requirement<never>[]): number {
  return Math.max(1, ...requirements.map(({ gate }) => gate.since));
}

/** Those that are not said before. */
export function withoutRepeats<Evidence>(
  requirements: readonly Requirement<Evidence>[],
): Requirement<Evidence>[] {
  const byText = new Map<string, Requirement<Evidence>>();
  for (const requirement of requirements) {
    const { text } = requirement.gate;
    const before = byText.get(text);
    // Of the same gate twice, the stricter counts.
    if (before === undefined || requirement.whenEmpty === 'block') byText.set(text, requirement);
  }
  return [...byText.values()];
}
