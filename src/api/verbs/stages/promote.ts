import * as z from 'zod';
import type { MlregError } from '../../../core/errors.ts';
import { gateFailure, hookFailure, type MoveResult as Moved } from '../../../registry/stages/move-stage.ts';
import { promote } from '../../../registry/stages/promote.ts';
import { dryRun, moveFields } from '../../../schemas/move.ts';
import { changing } from '../../../schemas/result.ts';
import type { Call } from '../../call.ts';
import { gateFields, type GateOptions } from '../../gates.ts';
import * as given from '../../given.ts';
import type { MoveOptions } from '../../options.ts';
import type { Plain } from '../../plain.ts';
import { defineVerb } from '../../verb.ts';

/** @internal */
export { promote };

export type MoveResult = Plain<Moved>;

export interface PromoteOptions extends MoveOptions, GateOptions {
  /** The stage. */
  to: string;
  /** Check the promotion without changing anything. */
  dryRun?: boolean;
  /** Promote even if gates do not pass; requires `message`. */
  force?: boolean;
  /** Reject `HOOK_FAILED` if the policy's onPromote program fails. The stage has moved anyway. */
  failOnHook?: boolean;
}

/** @internal */
export const promoteVerb = /* @__PURE__ */ defineVerb({
  name: 'promote',
  input: () =>
    z
      .strictObject({
        ref: given.explicitReference,
        to: given.stageName,
        ...gateFields(),
        expect: given.expectedHolder.optional(),
        dryRun: given.flag,
        force: given.flag,
        failOnHook: given.flag,
        message: given.message,
      })
      .transform(({ to, expect, ...rest }) => ({
        ...rest,
        stage: to,
        ...given.readExpect(expect, rest.ref.name),
      })),
  output: () =>
    changing('promote', {
      ...moveFields,
      dryRun,
    }),
  run: promote,
  failure: promotionProblem,
});

/** GATE_FAILED if the gates did not pass; on request, HOOK_FAILED. @internal */
export function promotionProblem(
  result: Moved,
  { failOnHook }: { failOnHook?: boolean | undefined },
): MlregError | undefined {
  return gateFailure(result) ?? (failOnHook === true ? hookFailure(result) : undefined);
}

export interface PromoteMethods {
  /**
   * Points a stage at a version, after verifying its bytes and checking its gates. Promoting the
   * holder again resolves with `changed: false`. Rejects `GATE_FAILED` if a gate does not pass (see
   * `details.gates`); then only the attempt is recorded.
   *
   * @example
   * await registry.promote('digits@1.1.0', { to: 'production', expect: '1.0.0', message: 'more accurate' });
   */
  promote(ref: string, options: PromoteOptions): Promise<MoveResult>;
}

/** @internal */
export const promoteMethods = (call: Call): PromoteMethods => ({
  promote: (ref, options) => call(promoteVerb, { ref }, options),
});
