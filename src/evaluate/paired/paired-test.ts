import type { ComparedMetric } from '../../core/measurements/evaluation.ts';

/** Whether two models differ in a metric, on the same rows. */
export interface PairedTest extends Omit<ComparedMetric, 'direction' | 'better'> {
  method: PairedMethod;
}

export type PairedMethod =
  /** Exact, with Newcombe's interval: for shares of rows. */
  | 'mcnemar'
  /** For areas under the ROC curve. */
  | 'delong'
  /** Resamples of the rows, the same for both. */
  | 'paired bootstrap'
  /** Normal, by the influence of each row on the difference. */
  | 'normal';

export interface PairedTests {
  tests: PairedTest[];
  /** Why a metric that both have is not tested, by its name. */
  untested: Record<string, string>;
}
