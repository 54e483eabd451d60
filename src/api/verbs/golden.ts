import * as z from 'zod';
import { addGolden } from '../../registry/golden/add-golden.ts';
import type { AddGoldenResult as Added } from '../../registry/golden/golden-result.ts';
import { count, digest, modelName, reference, version } from '../../schemas/kinds.ts';
import { changing } from '../../schemas/result.ts';
import type { Call } from '../call.ts';
import * as given from '../given.ts';
import type { ChangeOptions } from '../options.ts';
import type { Plain } from '../plain.ts';
import { defineVerb } from '../verb.ts';

/** @internal */
export { addGolden };

export type GoldenResult = Plain<Added>;

export interface AddGoldenOptions extends ChangeOptions {
  /** Add the set even if the version does not pass it. Then `message` is required. */
  force?: boolean;
}

const output = () =>
  changing('golden', {
    ref: reference,
    name: modelName,
    version,
    golden: z
      .strictObject({
        digest,
        files: count,
        cases: count,
        self: z.boolean().describe("True: made from the version's own outputs"),
      })
      .describe('The golden set'),
    sets: count.describe('Number of golden sets that the version has now'),
    trial: z
      .strictObject({
        verdict: z
          .enum(['pass', 'fail', 'inconclusive'])
          .nullable()
          .describe('null: not tried, because ONNX Runtime is not installed'),
        reason: z.string(),
      })
      .nullable()
      .describe('Result of running the version on it; null: it was there before'),
  });

/** @internal */
export const goldenAddVerb = /* @__PURE__ */ defineVerb({
  name: 'golden.add',
  input: () =>
    z.strictObject({
      ref: given.explicitReference,
      path: given.path,
      force: given.flag,
      message: given.message,
    }),
  output,
  run: addGolden,
});

export interface GoldenSets {
  /**
   * Adds a golden set to a version. Rejects `GATE_FAILED`, and adds nothing, if the version does not
   * pass it.
   *
   * @example
   * const { changed, sets } = await registry.golden.add('digits@1.1.0', 'golden.json');
   */
  add(ref: string, path: string, options?: AddGoldenOptions): Promise<GoldenResult>;
}

export interface GoldenMethods {
  /** Golden sets of registered versions. */
  readonly golden: GoldenSets;
}

/** @internal */
export const goldenMethods = (call: Call): GoldenMethods => ({
  golden: {
    add: (ref, path, options) => call(goldenAddVerb, { ref, path }, options),
  },
});
