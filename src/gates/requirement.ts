import type { PolicyStage, WhenEmpty } from '../core/events/policy.ts';
import type { Gate } from './gate-kind.ts';
import { parseGates, type GateText } from './parse-gates.ts';

/** A gate of a promotion, and its result if it compares with an empty stage. */
export interface Requirement<Evidence> {
  gate: Gate<Evidence>;
  whenEmpty: WhenEmpty;
}

/**
 * The requirements of one stage of a policy, those with their own keys first. INVALID_INPUT names
 * the place in `what`.
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

/**
 * The oldest version of the grammar that parses these gates the same way. It is stored with a
 * policy.
 */
export function oldestGrammar(requirements: readonly Requirement<never>[]): number {
  return Math.max(1, ...requirements.map(({ gate }) => gate.since));
}

/** Drops repeated gates. */
export function withoutRepeats<Evidence>(
  requirements: readonly Requirement<Evidence>[],
): Requirement<Evidence>[] {
  const byText = new Map<string, Requirement<Evidence>>();
  for (const requirement of requirements) {
    const { text } = requirement.gate;
    const before = byText.get(text);
    // If the same gate is given twice, the stricter one counts.
    if (before === undefined || requirement.whenEmpty === 'block') byText.set(text, requirement);
  }
  return [...byText.values()];
}
