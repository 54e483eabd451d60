import { checkPolicy } from '../core/events/policy.ts';
import { parseExplicitReference, parseReference } from '../core/versions/reference.ts';
import { parseStageName } from '../core/events/stage.ts';
import { predicates, type PredicateKind } from '../core/versions/statement.ts';
import { approve, type ApproveResult as Approved } from '../registry/stages/approve.ts';
import { attest, type Attestation as Attested } from '../registry/exchange/attest.ts';
import { checkPromotion, type CheckPromotionResult } from '../registry/stages/check-promotion.ts';
import { applyPolicy, showPolicy, type PolicyResult as Applied } from '../registry/stages/policy.ts';
import type { Registry } from '../registry/registry.ts';
import type { ChangeOptions } from '../api/options.ts';
import { gateInput, type GateOptions, type Policy } from './gate-input.ts';
import type { Plain } from '../api/plain.ts';
import { nothingElse, oneOf, optional, text } from './values.ts';

export type PolicyResult = Plain<Applied>;
export type PolicyCheck = Plain<CheckPromotionResult>;
export type ApproveResult = Plain<Approved>;
export type Attestation = Plain<Attested>;

export interface AttestOptions {
  /** Only promotions to this stage. */
  stage?: string;
  /** Only statements of this kind. */
  predicate?: PredicateKind;
  /** All attempts, not only the last one for each stage. */
  all?: boolean;
}

export interface CheckOptions extends GateOptions {
  /** The stage. */
  to: string;
}

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
   * Checks a version as a promotion would, without changing anything. It resolves with any verdict.
   *
   * @example
   * const { verdict, gates } = await registry.policy.check('digits@1.1.0', { to: 'production', require: 'golden' });
   */
  check(ref: string, options: CheckOptions): Promise<PolicyCheck>;
}

export interface ApprovalMethods {
  /**
   * Approves a version for a stage as the actor of this registry; counted by `approvals>=N`.
   *
   * @example
   * await registry.approve('digits@1.1.0', { to: 'production' });
   */
  approve(ref: string, options: ChangeOptions & { to: string }): Promise<ApproveResult>;
  /**
   * Gate results of a version's promotions as unsigned in-toto statements. Rejects `NOT_FOUND` if there are none.
   *
   * @example
   * const { statements } = await registry.attest('digits@production', { stage: 'production', predicate: 'promotion' });
   */
  attest(ref: string, options?: AttestOptions): Promise<Attestation>;
}

export function policies(registry: Registry): Policies {
  return {
    async show(stage) {
      return showPolicy(
        registry,
        optional(stage, (word) => parseStageName(text('stage', word))),
      );
    },
    async apply(policy, { message, ...rest } = {}) {
      nothingElse('policy.apply', rest);
      return applyPolicy(registry, {
        policy: checkPolicy(policy, 'the policy'),
        what: 'the policy',
        message: optional(message, (why) => text('message', why)),
      });
    },
    async check(ref, { to, ...gates }: Partial<CheckOptions> = {}) {
      return checkPromotion(registry, {
        ref: parseReference(text('ref', ref)),
        stage: parseStageName(text('to', to)),
        ...gateInput('policy.check', gates),
      });
    },
  };
}

export function approvalMethods(registry: Registry): ApprovalMethods {
  return {
    async approve(ref, { to, message, ...rest }: ChangeOptions & { to?: string } = {}) {
      nothingElse('approve', rest);
      return approve(registry, {
        ref: parseExplicitReference(text('ref', ref)),
        stage: parseStageName(text('to', to)),
        message: optional(message, (why) => text('message', why)),
      });
    },
    async attest(ref, { stage, predicate, all, ...rest } = {}) {
      nothingElse('attest', rest);
      return attest(registry, {
        ref: parseReference(text('ref', ref)),
        stage: optional(stage, (word) => parseStageName(text('stage', word))),
        predicate: optional(predicate, (kind) => oneOf('predicate', kind, predicates)),
        all: all === true,
      });
    },
  };
}
