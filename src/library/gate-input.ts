import { checkPolicy, type Policy } from '../core/events/policy.ts';
import type { GateInput } from '../registry/stages/judge-promotion.ts';
import { milliseconds, nothingElse, oneOf, optional, text, type Duration } from './values.ts';

export type { Policy };

export interface GateOptions {
  require?: string | string[] | undefined;
  policy?: Policy | undefined;
  whenEmpty?: 'block' | 'pass' | undefined;
  reuseBench?: Duration | undefined;
}

/** What a promotion is asked for beside the registry's policy. INVALID_INPUT for an option that `method` does not have. */
export function gateInput(
  method: string,
  { require, policy, whenEmpty, reuseBench, ...rest }: GateOptions,
): Omit<GateInput, 'dryRun'> {
  nothingElse(method, rest);
  return {
    require: optional(require, (gates) => [gates].flat().map((gate) => text('require', gate))),
    policy: optional(policy, (value) => ({ policy: checkPolicy(value, 'the policy'), what: 'the policy' })),
    whenEmpty: optional(whenEmpty, (word) => oneOf('whenEmpty', word, ['block', 'pass'])),
    reuseBench: optional(reuseBench, (age) => `${Math.round(milliseconds('reuseBench', age))}ms`),
  };
}
