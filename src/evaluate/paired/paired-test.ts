/** Whether two models differ in a metric, on the same rows. */
export interface PairedTest {
  /** The metric. */
  name: string;
  baseline: number;
  candidate: number;
  /** `candidate` minus `baseline`, with its 95% interval. */
  delta: number;
  low: number;
  high: number;
  /** Two-sided p-value of the hypothesis that both are equal. */
  p: number;
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
