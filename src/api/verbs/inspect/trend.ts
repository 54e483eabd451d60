import * as z from 'zod';
import { trend, type Trend as Trended } from '../../../registry/inspect/trend.ts';
import { modelName, stageName, time, version } from '../../../schemas/kinds.ts';
import { reading } from '../../../schemas/result.ts';
import type { Call } from '../../call.ts';
import * as given from '../../given.ts';
import type { Plain } from '../../plain.ts';
import { defineVerb } from '../../verb.ts';

/** @internal */
export { trend };

export type Trend = Plain<Trended>;

export interface TrendOptions {
  /** Default: the most informative metric. */
  metric?: string;
  /** The stage whose holders are marked. Default: the last declared stage. */
  stage?: string;
  /** Number of highest versions. Default: 30. */
  limit?: number;
}

/** @internal */
export const trendVerb = /* @__PURE__ */ defineVerb({
  name: 'trend',
  input: () =>
    z.strictObject({
      name: given.modelName,
      metric: given.filledText.optional(),
      stage: given.stageName.optional(),
      limit: given.count(1, 1000).default(30),
    }),
  output: () =>
    reading('trend', {
      name: modelName,
      metric: z.string(),
      direction: z.enum(['higher', 'lower']).nullable().describe('Better direction; null: unknown'),
      stage: stageName.nullable().describe('Stage whose holders are marked'),
      points: z
        .array(
          z.strictObject({
            version,
            value: z.number().nullable().describe('null: the version lacks the metric'),
            createdAt: time,
            yanked: z.boolean(),
            held: z.enum(['now', 'before']).nullable().describe('When it held the stage; null: never'),
          }),
        )
        .describe('Lowest version first'),
      more: z.boolean().describe('True if there are lower versions'),
    }),
  run: trend,
});

export interface TrendMethods {
  /**
   * One metric over the versions of a model, lowest first, with the current and past holders of a
   * stage.
   *
   * @example
   * const { points } = await registry.trend('digits', { metric: 'accuracy' });
   */
  trend(name: string, options?: TrendOptions): Promise<Trend>;
}

/** @internal */
export const trendMethods = (call: Call): TrendMethods => ({
  trend: (name, options) => call(trendVerb, { name }, options),
});
