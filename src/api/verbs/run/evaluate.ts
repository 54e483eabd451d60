import * as z from 'zod';
import { MlregError } from '../../../core/errors.ts';
import { evaluateVersion } from '../../../evaluate/evaluate-version.ts';
import type { EvaluateResult as Evaluated } from '../../../evaluate/evaluation.ts';
import { evaluationReport } from '../../../schemas/evaluation-report.ts';
import { count, exactVersion, uuid } from '../../../schemas/kinds.ts';
import { changing } from '../../../schemas/result.ts';
import type { Call } from '../../call.ts';
import * as given from '../../given.ts';
import type { Plain } from '../../plain.ts';
import { readScore, scoreFields, type ScoreOptions } from '../../score.ts';
import { defineVerb } from '../../verb.ts';

/** @internal */
export { evaluateVersion };

export type EvaluateResult = Plain<Evaluated>;

export interface EvaluateOptions extends ScoreOptions {
  /** Columns by whose values the rows are grouped. */
  slices?: readonly string[];
  /** Also measure what the model looks at, by permuting each column. */
  importance?: boolean;
  /** Store the result with the version. */
  save?: boolean;
  /** With `save`: the time that the data is of. */
  at?: Date | number;
  /** With `save`: the name of the data set, if there are several. */
  as?: string;
}

const dataSetName = 'a name of letters, digits, _, - and ., at most 64';

/** @internal */
export const evaluateVerb = /* @__PURE__ */ defineVerb({
  name: 'evaluate',
  input: () =>
    z
      .strictObject({
        ...scoreFields(),
        ref: given.reference,
        slices: z.array(given.text, { error: 'a list of columns' }).readonly().optional(),
        importance: given.flag,
        save: given.flag,
        at: given.instant.optional(),
        as: given.text
          .refine((name) => /^[A-Za-z0-9][\w.-]{0,63}$/.test(name), { error: dataSetName })
          .optional(),
      })
      .transform(({ slices, importance, save, at, as, ...rest }) => ({
        ...readScore(rest),
        slices: slices ?? [],
        importance: importance === true,
        save: saving(save, at, as),
      })),
  output: () => {
    const curve = z.strictObject({
      label: z.string(),
      fpr: z.array(z.number()).describe('Share of other rows that are taken'),
      tpr: z.array(z.number()).describe('Share of rows of the class that are taken'),
      thresholds: z.array(z.number().nullable()),
    });
    const residuals = z.strictObject({
      edges: z.array(z.number()),
      counts: z.array(count).describe('Rows by prediction minus target, between the edges'),
      below: count,
      above: count,
      points: z.array(z.tuple([z.number(), z.number()])).describe('Target and prediction of some rows'),
    });
    return changing('evaluate', {
      ...exactVersion,
      ...evaluationReport.shape,
      curves: z.array(curve).describe('ROC curve of the positive class, or of each'),
      residuals: residuals.nullable().describe('null: classification, or no spread'),
      seed: count,
      rejects: z.string().nullable().describe('File with the rejected rows; null: none'),
      saved: z.strictObject({ id: uuid, event: count }).nullable().describe('null: not saved'),
      html: z.string().nullable().describe('Report that was written; null: none'),
    });
  },
  run: evaluateVersion,
});

function saving(save: boolean | undefined, at: number | undefined, as: string | undefined) {
  if (save === true) return { as: as ?? null, asOf: at ?? null };
  const option = at !== undefined ? 'at' : as !== undefined ? 'as' : undefined;
  if (option === undefined) return null;
  throw new MlregError('INVALID_INPUT', `${option} requires save`, { hint: 'pass save: true' });
}

export interface EvaluateMethods {
  /**
   * Predicts the rows of a table and compares the predictions with a column of it.
   *
   * @example
   * const { metrics } = await registry.evaluate('digits@staging', { data: 'test.csv', target: 'label' });
   */
  evaluate(ref: string, options: EvaluateOptions): Promise<EvaluateResult>;
}

/** @internal */
export const evaluateMethods = (call: Call): EvaluateMethods => ({
  evaluate: (ref, options) => call(evaluateVerb, { ref }, options),
});
