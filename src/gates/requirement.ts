import type { PolicyStage, WhenEmpty } from '../core/events/policy.ts';
import { parseDuration } from '../core/text/duration.ts';
import { parseStageName, type StageName } from '../core/events/stage.ts';
import { formatGate } from './format-gate.ts';
import type { Gate } from './gate.ts';
import { parseGates } from './parse-gates.ts';

/** What a policy asks beside gates: of the way that a version has come, and of who promotes it. */
export type Rule =
  | { kind: 'from'; stages: StageName[] }
  | { kind: 'soak'; written: string; ms: number; stages: StageName[] }
  | { kind: 'protected'; actors: string[] };

/** A condition of a promotion, and what an empty stage to compare with means for it. */
export interface Requirement {
  condition: Gate | Rule;
  whenEmpty: WhenEmpty;
}

/** As it is written: two requirements with one description are one. */
export function describeRequirement({ condition }: Requirement): string {
  switch (condition.kind) {
    case 'from':
      return `from ${condition.stages.join(' or ')}`;
    case 'soak':
      return `soak>=${condition.written}`;
    case 'protected':
      return 'protected';
    case 'metric':
    case 'size':
    case 'latency':
    case 'age':
    case 'approvals':
    case 'signature':
    case 'golden':
    case 'data':
      return formatGate(condition);
  }
}

/** The requirements of one stage of a policy, rules first. INVALID_INPUT names the place in `what`. */
export function policyRequirements(
  { from = [], require = [], soak, protected: actors, whenEmpty }: PolicyStage,
  declared: readonly StageName[],
  what: string,
  unlessSaid: WhenEmpty,
): Requirement[] {
  const stages = from.map(parseStageName);
  const rules: Rule[] = [
    ...(stages.length > 0 ? [{ kind: 'from' as const, stages }] : []),
    ...(soak === undefined
      ? []
      : [{ kind: 'soak' as const, written: soak, ms: parseDuration(soak), stages }]),
    ...(actors === undefined ? [] : [{ kind: 'protected' as const, actors }]),
  ];
  const gates = require.flatMap((text, index) => parseGates(text, declared, `${what}.require[${index}]`));
  return [...rules, ...gates].map((condition) => ({ condition, whenEmpty: whenEmpty ?? unlessSaid }));
}

/** Those that are not said before. */
export function withoutRepeats(requirements: readonly Requirement[]): Requirement[] {
  const byText = new Map<string, Requirement>();
  for (const requirement of requirements) {
    const text = describeRequirement(requirement);
    const before = byText.get(text);
    // Of the same condition twice, the stricter counts.
    if (before === undefined || requirement.whenEmpty === 'block') byText.set(text, requirement);
  }
  return [...byText.values()];
}
