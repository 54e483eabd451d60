import * as z from 'zod';
import { checkPolicy, type Policy } from '../core/events/policy.ts';
import { duration, oneOf, text } from './given.ts';
import type { Duration } from './options.ts';

export type { Policy };

/** What a promotion is asked for in addition to the registry's policy. */
export interface GateOptions {
  /**
   * Gates in addition to those of the policy: `accuracy>=0.97`, `accuracy>=production-0.005`,
   * `p95<20ms`, `golden` …
   */
  require?: string | string[] | undefined;
  /** A policy to meet in addition to the registry's own. */
  policy?: Policy | undefined;
  /** Verdict of gates that compare with an empty stage. Default: block. */
  whenEmpty?: 'block' | 'pass' | undefined;
  /**
   * Use a stored benchmark of the same bytes, inputs and machine if it is at most this old, instead
   * of measuring.
   */
  reuseBench?: Duration | undefined;
}

/** The fields of `GateOptions`, in the form that `judgeOf` takes. */
export const gateFields = () => ({
  require: z
    .union([text, z.array(text)], { error: 'a string or a list of strings' })
    .transform((gates) => [gates].flat())
    .optional(),
  policy: z.custom<Policy>().transform(asPolicy).optional(),
  whenEmpty: oneOf(['block', 'pass']).optional(),
  reuseBench: duration.transform((age) => `${Math.round(age)}ms`).optional(),
});

/** A policy given by a caller. INVALID_INPUT with the first place that is wrong. */
export function asPolicy(given: unknown): { policy: Policy; what: string } {
  return { policy: checkPolicy(given, 'the policy'), what: 'the policy' };
}
