import type { ModelName } from '../../core/versions/reference.ts';
import type { Version } from '../../core/versions/version.ts';
import type { Tolerance, WorstElement } from '../../onnx/tensors/compare-tensors.ts';
import type { CheckedCase, OutputComparison } from '../../onnx/golden/golden-set.ts';

/**
 * `crash`, `timeout`, `oom`: the child process that ran ONNX Runtime died. `error`: the runtime
 * refused the model or a case.
 */
export type TestStatus = 'ok' | 'crash' | 'timeout' | 'oom' | 'error';

export interface TestCase extends CheckedCase {
  /** Null: nothing was compared; `skipped`, `error` or the result's own status says why. */
  match: boolean | null;
  /** The element with the largest difference relative to its tolerance; null if all are equal. */
  worst: (WorstElement & Tolerance & { output: string; dtype: string }) | null;
  outputs: OutputComparison[];
  /** The message of ONNX Runtime. */
  error?: string;
}

/** The result of one golden set. */
export interface TestedSet {
  source: 'registered' | 'added' | 'file';
  /** Null: a set on disk. */
  digest: string | null;
  /** Whether it was made from the version's own outputs. */
  self: boolean;
  /** How many cases it has. */
  cases: number;
  verdict: 'pass' | 'fail' | 'inconclusive';
}

export interface TestResult {
  ref: string;
  name: ModelName;
  version: Version;
  digest: string;
  /**
   * `pass` if every set passes. `inconclusive`: there was no difference, but something could not be
   * run, or nothing of a set could be compared.
   */
  verdict: 'pass' | 'fail' | 'inconclusive';
  status: TestStatus;
  /**
   * Null if status is `ok`. `stderr` is the end of the child's stderr, `case` the one that it was
   * running.
   */
  error: { message: string; stderr: string; case: string | null } | null;
  /** The first of `goldenSets`; `registered`: it is stored with the version. */
  golden: { source: 'registered' | 'file' } & Pick<TestedSet, 'digest' | 'cases'>;
  /** Every golden set that was run; all of them must pass. */
  goldenSets: TestedSet[];
  cases: TestCase[];
  /**
   * Outputs that no case compared: they are not tensors, or the golden set omits them. If nothing
   * ran, only those that are not tensors.
   */
  skippedOutputs: { name: string; type: string }[];
  /**
   * False: ONNX Runtime's binding cannot run any golden set on this model, or none of its outputs
   * can be compared.
   */
  testable: boolean;
  onnxruntime: string | null;
  warnings: string[];
}

/** The golden sets with the results of their cases. */
export function casesBySet({
  goldenSets,
  cases,
}: Pick<TestResult, 'goldenSets' | 'cases'>): { set: TestedSet; cases: TestCase[] }[] {
  let from = 0;
  return goldenSets.map((set) => ({ set, cases: cases.slice(from, (from += set.cases)) }));
}

/**
 * How far off the worst element of an output is, in multiples of its tolerance. An output that does
 * not match always ranks above one that does.
 */
export function excess({ match, worst, atol, rtol }: OutputComparison): number {
  const ratio = Number(worst?.abs ?? NaN) / (atol + rtol * Math.abs(Number(worst?.expected)));
  if (match) return Math.min(1, ratio);
  return ratio > 1 ? ratio : Infinity;
}
