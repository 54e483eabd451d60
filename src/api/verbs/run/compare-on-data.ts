import * as z from 'zod';
import { compareOnData } from '../../../evaluate/compare-versions.ts';
import type { CompareOnDataResult as Compared } from '../../../evaluate/evaluation.ts';
import { evaluatedData, metricName } from '../../../schemas/evaluation-report.ts';
import { count, digest, reference, uuid } from '../../../schemas/kinds.ts';
import { changing } from '../../../schemas/result.ts';
import type { Call } from '../../call.ts';
import * as given from '../../given.ts';
import type { Plain } from '../../plain.ts';
import { readScore, scoreFields, type ScoreOptions } from '../../score.ts';
import { defineVerb } from '../../verb.ts';

/** @internal */
export { compareOnData };

export type CompareOnDataResult = Plain<Compared>;

export interface CompareOnDataOptions extends ScoreOptions {
  /** Store the result with the second version, for the gates better and notworse. */
  save?: boolean;
}

/** @internal */
export const compareOnDataVerb = /* @__PURE__ */ defineVerb({
  name: 'compareOnData',
  input: () =>
    z
      .strictObject({
        ...scoreFields(),
        baseline: given.reference,
        candidate: given.reference,
        save: given.flag,
      })
      .transform(({ save, ...rest }) => ({ ...readScore(rest), save: save === true })),
  output: () => {
    const side = z.strictObject({ ref: reference, digest });
    const comparedMetric = z
      .strictObject({
        name: metricName,
        direction: z.enum(['higher', 'lower']).describe('Better direction'),
        baseline: z.number(),
        candidate: z.number(),
        delta: z.number().describe('candidate minus baseline'),
        low: z.number().describe('Lower end of the 95% interval of delta'),
        high: z.number(),
        p: z.number().describe('Two-sided p-value: how likely such a difference is if both are equal'),
        method: z.string().describe('mcnemar, delong, paired bootstrap or normal'),
        better: z
          .enum(['baseline', 'candidate'])
          .nullable()
          .describe('Which one is better (p < 0.05); null: it cannot be told'),
      })
      .meta({ id: 'ComparedMetric', description: 'One metric of both versions on the same rows' });
    return changing('compare', {
      task: z.enum(['classification', 'regression']),
      data: evaluatedData,
      rows: count.describe('Rows that both were compared on'),
      baseline: side.describe('The first version'),
      candidate: side.describe('The second version'),
      metrics: z.array(comparedMetric),
      untested: z.record(metricName, z.string()).describe('Why a metric is not compared'),
      seed: count,
      rejects: z.string().nullable().describe('File with the rows that either rejects; null: none'),
      saved: z.strictObject({ id: uuid, event: count }).nullable().describe('null: not saved'),
    });
  },
  run: compareOnData,
});

export interface CompareOnDataMethods {
  /**
   * Predicts the same rows with two versions, and tests whether the second is better or worse.
   *
   * @example
   * const { metrics } = await registry.compareOnData('digits@production', 'digits@staging', {
   *   data: 'test.csv',
   *   target: 'label',
   * });
   */
  compareOnData(ref: string, other: string, options: CompareOnDataOptions): Promise<CompareOnDataResult>;
}

/** @internal */
export const compareOnDataMethods = (call: Call): CompareOnDataMethods => ({
  compareOnData: (baseline, candidate, options) => call(compareOnDataVerb, { baseline, candidate }, options),
});
