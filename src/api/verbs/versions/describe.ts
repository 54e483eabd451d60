import * as z from 'zod';
import { describe, type DescribeResult as Described } from '../../../registry/versions/describe.ts';
import {
  describeModel,
  type DescribeModelResult as DescribedModel,
} from '../../../registry/versions/describe-model.ts';
import { modelName, reference, version } from '../../../schemas/kinds.ts';
import { metadata } from '../../../schemas/metadata.ts';
import { modelFacts } from '../../../schemas/model-facts.ts';
import { changing } from '../../../schemas/result.ts';
import type { Call } from '../../call.ts';
import * as given from '../../given.ts';
import { asMetadata } from '../../metadata-value.ts';
import type { ChangeOptions } from '../../options.ts';
import type { Plain } from '../../plain.ts';
import { defineVerb } from '../../verb.ts';

/** @internal */
export { describe, describeModel };

export type DescribeResult = Plain<Described>;
export type DescribeModelResult = Plain<DescribedModel>;

export interface DescribeOptions extends ChangeOptions {
  /** New description; an empty one removes it. */
  description?: string;
  /** Metrics measured after the registration. */
  metrics?: Record<string, number>;
  /** Also replace metrics given at registration; requires `message`. */
  force?: boolean;
}

export interface DescribeModelOptions extends ChangeOptions {
  /** New description; an empty one removes it. */
  description?: string;
  /** Who is responsible, in one line; an empty text removes it. */
  owner?: string;
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

/** @internal */
export const describeModelVerb = /* @__PURE__ */ defineVerb({
  name: 'describe',
  input: () =>
    z.strictObject({
      name: given.modelName,
      description: given.text.optional(),
      owner: given.text.optional(),
      message: given.message,
    }),
  output: () =>
    changing('describe', {
      name: modelName,
      ...modelFacts(),
    }),
  run: describeModel,
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
  /**
   * Sets the description or the owner of a model as a whole.
   *
   * @example
   * await registry.describeModel('digits', { description: 'reads postcodes', owner: 'vision' });
   */
  describeModel(name: string, options: DescribeModelOptions): Promise<DescribeModelResult>;
}

/** @internal */
export const describeMethods = (call: Call): DescribeMethods => ({
  describe: (ref, options) => call(describeVerb, { ref }, options),
  describeModel: (name, options) => call(describeModelVerb, { name }, options),
});
