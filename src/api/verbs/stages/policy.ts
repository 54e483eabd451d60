import * as z from 'zod';
import { policySchema } from '../../../core/events/policy.ts';
import {
  checkFailure,
  checkPromotion,
  type CheckPromotionResult,
} from '../../../registry/stages/check-promotion.ts';
import {
  applyPolicy,
  removePolicy,
  showPolicy,
  type PolicyResult as Applied,
  type RemovePolicyResult as Removed,
} from '../../../registry/stages/policy.ts';
import { event } from '../../../schemas/event.ts';
import { gate } from '../../../schemas/gate.ts';
import { modelName, reference, stageName, version } from '../../../schemas/kinds.ts';
import { changing } from '../../../schemas/result.ts';
import type { Call } from '../../call.ts';
import { asPolicy, gateFields, type GateOptions, type Policy } from '../../gates.ts';
import * as given from '../../given.ts';
import type { ChangeOptions } from '../../options.ts';
import type { Plain } from '../../plain.ts';
import { defineVerb } from '../../verb.ts';

/** @internal */
export { applyPolicy, checkFailure, checkPromotion, removePolicy, showPolicy };

export type PolicyResult = Plain<Applied>;
export type PolicyRemoval = Plain<Removed>;
export type PolicyCheck = Plain<CheckPromotionResult>;

const inForce = () =>
  changing('policy', {
    stage: stageName.optional().describe('With remove: the stage that has no requirements now'),
    policy: policySchema
      .meta({ id: 'Policy' })
      .nullable()
      .describe('The policy as applied; null: none, or no requirements for the stage'),
    event: event.nullable().describe('Event that applied the policy; null: none'),
  });

/** @internal */
export const policyShowVerb = /* @__PURE__ */ defineVerb({
  name: 'policy.show',
  input: () => z.strictObject({ stage: given.stageName.optional() }),
  output: inForce,
  run: (registry, { stage }) => showPolicy(registry, stage),
});

/** @internal */
export const policyApplyVerb = /* @__PURE__ */ defineVerb({
  name: 'policy.apply',
  input: () =>
    z
      .strictObject({ policy: z.custom<Policy>().transform(asPolicy), message: given.message })
      .transform(({ policy, ...rest }) => ({ ...policy, ...rest })),
  output: inForce,
  run: applyPolicy,
});

/** @internal */
export const policyRemoveVerb = /* @__PURE__ */ defineVerb({
  name: 'policy.remove',
  input: () => z.strictObject({ stage: given.stageName, message: given.message }),
  output: inForce,
  run: removePolicy,
});

export interface CheckOptions extends GateOptions {
  /** The stage. */
  to: string;
}

/** @internal */
export const policyCheckVerb = /* @__PURE__ */ defineVerb({
  name: 'policy.check',
  input: () =>
    z
      .strictObject({ ref: given.reference, to: given.stageName, ...gateFields() })
      .transform(({ to, ...rest }) => ({ ...rest, stage: to })),
  output: () =>
    changing('policy', {
      ref: reference,
      name: modelName,
      version,
      stage: stageName,
      holder: version.nullable().describe('Current holder; null: the stage is empty'),
      verdict: z.enum(['pass', 'fail', 'inconclusive']).describe('Combined verdict of the gates'),
      gates: z.array(gate),
    }),
  run: checkPromotion,
});

export interface Policies {
  /**
   * The current policy, or its requirements for one stage.
   *
   * @example
   * const { policy } = await registry.policy.show('production');
   */
  show(stage?: string): Promise<PolicyResult>;
  /**
   * Replaces the policy.
   *
   * @example
   * await registry.policy.apply({ stages: { production: { from: ['staging'], require: ['accuracy>=production-0.005'] } } });
   */
  apply(policy: Policy, options?: ChangeOptions): Promise<PolicyResult>;
  /**
   * Removes the requirements of one stage; the rest of the policy stays.
   *
   * @example
   * const { policy } = await registry.policy.remove('production', { message: 'frozen' });
   */
  remove(stage: string, options?: ChangeOptions): Promise<PolicyRemoval>;
  /**
   * Checks a version as a promotion would, without changing anything. It resolves with any verdict.
   *
   * @example
   * const { verdict, gates } = await registry.policy.check('digits@1.1.0', { to: 'production', require: 'golden' });
   */
  check(ref: string, options: CheckOptions): Promise<PolicyCheck>;
}

export interface PolicyMethods {
  /** Requirements of promotions. */
  readonly policy: Policies;
}

/** @internal */
export const policyMethods = (call: Call): PolicyMethods => ({
  policy: {
    show: (stage) => call(policyShowVerb, { stage }, {}),
    apply: (policy, options) => call(policyApplyVerb, { policy }, options),
    remove: (stage, options) => call(policyRemoveVerb, { stage }, options),
    check: (ref, options) => call(policyCheckVerb, { ref }, options),
  },
});
