import * as z from 'zod';
import { approve, type ApproveResult as Approved } from '../../../registry/stages/approve.ts';
import { event } from '../../../schemas/event.ts';
import { modelName, reference, stageName, version } from '../../../schemas/kinds.ts';
import { changing } from '../../../schemas/result.ts';
import type { Call } from '../../call.ts';
import * as given from '../../given.ts';
import type { ChangeOptions } from '../../options.ts';
import type { Plain } from '../../plain.ts';
import { defineVerb } from '../../verb.ts';

/** @internal */
export { approve };

export type ApproveResult = Plain<Approved>;

/** @internal */
export const approveVerb = /* @__PURE__ */ defineVerb({
  name: 'approve',
  input: () =>
    z
      .strictObject({ ref: given.explicitReference, to: given.stageName, message: given.message })
      .transform(({ to, ...rest }) => ({ ...rest, stage: to })),
  output: () =>
    changing('approve', {
      ref: reference,
      name: modelName,
      version,
      stage: stageName,
      approvals: z.array(z.string()).describe('Actors whose approvals count, in order'),
      event: event.describe('Event of the approval (this one or an earlier one)'),
    }),
  run: approve,
});

export interface ApproveMethods {
  /**
   * Approves a version for a stage as the actor of this registry; counted by `approvals>=N`.
   *
   * @example
   * await registry.approve('digits@1.1.0', { to: 'production' });
   */
  approve(ref: string, options: ChangeOptions & { to: string }): Promise<ApproveResult>;
}

/** @internal */
export const approveMethods = (call: Call): ApproveMethods => ({
  approve: (ref, options) => call(approveVerb, { ref }, options),
});
