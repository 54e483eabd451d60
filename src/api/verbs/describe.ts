import * as z from 'zod';
import { describe, type DescribeResult as Described } from '../../registry/versions/describe.ts';
import { modelName, reference, version } from '../../schemas/kinds.ts';
import { metadata } from '../../schemas/metadata.ts';
import { changing } from '../../schemas/result.ts';
import type { Call } from '../call.ts';
import * as given from '../given.ts';
import { asMetadata } from '../metadata-value.ts';
import type { ChangeOptions } from '../options.ts';
import type { Plain } from '../plain.ts';
import { defineVerb } from '../verb.ts';

/** @internal */
export { describe };

export type DescribeResult = Plain<Described>;

export interface DescribeOptions extends ChangeOptions {
  /** New description; an empty one removes it. */
  description?: string;
  /** Metrics measured after the registration. */
  metrics?: Record<string, number>;
  /** Also replace metrics given at registration; requires `message`. */
  force?: boolean;
}

/** @internal */
export const describeVerb = /* @__PURE__ */ defineVerb({
  name: 'describe',
  input: () =>
    z
      .strictObject({
        ref: given.explicitReference,
        description: z.custom<string>().optional(),
        metrics: z.custom<Record<string, number>>().optional(),
        force: given.flag,
        message: given.message,
      })
      .transform(({ description, metrics, ...rest }) => {
        asMetadata({ description, metrics }, 'the description');
        return { ...rest, amendment: { description, metrics } };
      }),
  output: () =>
    changing('describe', {
      ref: reference,
      name: modelName,
      version,
      metadata: metadata.describe('Current value'),
    }),
  run: describe,
});

export interface DescribeMethods {
  /**
   * Changes the description of a version, or adds metrics. Rejects `CONFLICT` for metrics given at
   * registration, unless `force` is set.
   *
   * @example
   * await registry.describe('digits@production', { metrics: { live_accuracy: 0.961 } });
   */
  describe(ref: string, options: DescribeOptions): Promise<DescribeResult>;
}

/** @internal */
export const describeMethods = (call: Call): DescribeMethods => ({
  describe: (ref, options) => call(describeVerb, { ref }, options),
});
