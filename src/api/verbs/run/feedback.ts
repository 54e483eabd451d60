import { resolve } from 'node:path';
import * as z from 'zod';
import { feedback } from '../../../feedback/feedback.ts';
import type { FeedbackResult as Given } from '../../../feedback/feedback-result.ts';
import { evaluationReport } from '../../../schemas/evaluation-report.ts';
import { count, digest, exactVersion, time, uuid } from '../../../schemas/kinds.ts';
import { changing } from '../../../schemas/result.ts';
import type { Call } from '../../call.ts';
import * as given from '../../given.ts';
import type { Plain } from '../../plain.ts';
import { tableKind } from '../../table.ts';
import { defineVerb } from '../../verb.ts';

/** @internal */
export { feedback };

export type FeedbackResult = Plain<Given>;

export interface FeedbackOptions {
  /** A table with keys and right answers. */
  labels: string;
  /** The column of the keys, as predictions were kept by them. */
  key: string;
  /** The column of the right answers. */
  label: string;
  /** The column of the times that the rows are of: then each day is evaluated by itself. */
  at?: string;
  /** Default: by the predictions and labels. */
  task?: 'classification' | 'regression';
  /** Name of the data set to store evaluations under. */
  as?: string;
  /** The format of the labels, if their name does not tell. */
  inputFormat?: string;
}

/** @internal */
export const feedbackVerb = /* @__PURE__ */ defineVerb({
  name: 'feedback',
  input: () =>
    z
      .strictObject({
        ref: given.reference,
        labels: given.filledText,
        key: given.filledText,
        label: given.filledText,
        at: given.filledText.optional(),
        task: given.oneOf(['classification', 'regression']).optional(),
        as: given.filledText.optional(),
        inputFormat: tableKind('inputFormat'),
      })
      .transform(({ labels, at, task, as, inputFormat, ...rest }) => ({
        ...rest,
        labels: { path: resolve(labels), kind: inputFormat, kindFlag: 'inputFormat' },
        at: at ?? null,
        task: task ?? null,
        as: as ?? null,
      })),
  output: () => {
    const { task, rows, metrics } = evaluationReport.shape;
    return changing('feedback', {
      ...exactVersion,
      labels: z.strictObject({
        file: z.string().nullable().describe('Base name; null: stdin'),
        digest: digest.describe('SHA-256 of its bytes'),
        rows: count,
      }),
      key: z.string().describe('Column of the keys'),
      label: z.string().describe('Column of the right answers'),
      matched: count.describe('Keys with a kept prediction of the version'),
      unknown: count.describe('Keys without one'),
      unknownKeys: z.array(z.string()).describe('The first few of them'),
      otherVersions: count.describe('Keys of which only other versions have predictions'),
      late: count.describe('Keys whose prediction was kept longer than it had to be'),
      duplicates: count.describe('Rows whose key came before; the last one counts'),
      contradicting: count.describe('Of them, those with another label'),
      withoutKey: count.describe('Rows that are left out'),
      withoutLabel: count.describe('Rows that are left out'),
      withoutTime: count.describe('Rows that are left out'),
      evaluations: z.array(
        z.strictObject({
          asOf: time.nullable().describe('Start of the day, UTC; null: labels without times'),
          task,
          rows,
          metrics,
          id: uuid,
          changed: z.boolean().describe('False: the same was stored before'),
        }),
      ),
    });
  },
  run: feedback,
});

export interface FeedbackMethods {
  /**
   * Evaluates predictions that `predict` kept by labels that came later, and stores the evaluations.
   *
   * @example
   * const { matched, evaluations } = await registry.feedback('churn@production', {
   *   labels: 'labels.csv', key: 'id', label: 'churned', at: 'day',
   * });
   */
  feedback(ref: string, options: FeedbackOptions): Promise<FeedbackResult>;
}

/** @internal */
export const feedbackMethods = (call: Call): FeedbackMethods => ({
  feedback: (ref, options) => call(feedbackVerb, { ref }, options),
});
