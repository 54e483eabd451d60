import * as z from 'zod';
import { yank, type YankResult as Yanked } from '../../../registry/versions/yank.ts';
import { modelName, reference, stageName, version } from '../../../schemas/kinds.ts';
import { changing } from '../../../schemas/result.ts';
import type { Call } from '../../call.ts';
import * as given from '../../given.ts';
import type { ChangeOptions } from '../../options.ts';
import type { Plain } from '../../plain.ts';
import { defineVerb } from '../../verb.ts';

/** @internal */
export { yank };

export type YankResult = Plain<Yanked>;

const fields = () => ({
  ref: reference,
  name: modelName,
  version,
  yanked: z.boolean().describe('Current value'),
  stages: z.array(stageName).describe('Stages that point at the version (a yank does not move them)'),
});

/** @internal */
export const yankVerb = /* @__PURE__ */ defineVerb({
  name: 'yank',
  input: () => z.strictObject({ ref: given.explicitReference, message: given.filledText }),
  output: () => changing('yank', fields()),
  run: (registry, { ref, message: reason }) => yank(registry, { ref, reason }),
});

/** @internal */
export const unyankVerb = /* @__PURE__ */ defineVerb({
  name: 'unyank',
  input: () => z.strictObject({ ref: given.explicitReference, message: given.message }),
  output: () => changing('unyank', fields()),
  run: (registry, input) => yank(registry, { ...input, reason: null }),
});

export interface YankMethods {
  /**
   * Marks a version as unusable, with the reason: `latest`, ranges and promotions skip it. No stage
   * moves.
   *
   * @example
   * await registry.yank('digits@1.1.0', { message: 'trained on leaked labels' });
   */
  yank(ref: string, options: { message: string }): Promise<YankResult>;
  /**
   * Undoes a yank.
   *
   * @example
   * await registry.unyank('digits@1.1.0');
   */
  unyank(ref: string, options?: ChangeOptions): Promise<YankResult>;
}

/** @internal */
export const yankMethods = (call: Call): YankMethods => ({
  yank: (ref, options) => call(yankVerb, { ref }, options),
  unyank: (ref, options) => call(unyankVerb, { ref }, options),
});
