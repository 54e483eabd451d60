import type { ModelName } from '../../core/versions/model-name.ts';
import type { Version } from '../../core/versions/version.ts';
import type { Tolerance, WorstElement } from '../../onnx/tensors/compare-tensors.ts';
import type { CheckedCase } from '../../onnx/golden/golden-set.ts';
import type { OutputComparison } from '../../onnx/golden/golden-result.ts';

/**
 * `crash`, `timeout`, `oom`: the child that owned ONNX Runtime died. `error`: the runtime refused
 * the model or a case.
 */
export type TestStatus = 'ok' | 'crash' | 'timeout' | 'oom' | 'error';

export interface TestCase extends CheckedCase {
  /** Null: nothing was compared; `skipped`, `error` or the result's own status says why. */
  match: boolean | null;
  /** The element that is furthest off, in what its tolerance allows; null where all are equal. */
  worst: (WorstElement & Tolerance & { output: string; dtype: string }) | null;
  outputs: OutputComparison[];
  /** What ONNX Runtime said. */
  error?: string;
}

export interface TestResult {
  ref: string;
  name: ModelName;
  version: Version;
  digest: string;
  /**
   * `inconclusive`: nothing differs, and something could not be run or nothing could be compared.
   */
  verdict: 'pass' | 'fail' | 'inconclusive';
  status: TestStatus;
  /**
   * Null where status is `ok`. `stderr` is the end of what the child wrote there, `case` the one
   * that it was running.
   */
  error: { message: string; stderr: string; case: string | null } | null;
  golden: { source: 'registered' | 'file'; digest: string | null; cases: number };
  cases: TestCase[];
  /**
   * Outputs of the model that no case compared: they are no tensors, or the golden set leaves them
   * out. Where nothing ran, only the former.
   */
  skippedOutputs: { name: string; type: string }[];
  /**
   * False: no golden set can be run on this model by ONNX Runtime's binding, or none of its outputs
   * be compared.
   */
  testable: boolean;
  onnxruntime: string | null;
  warnings: string[];
}

/**
 * How many times its tolerance the worst element of an output is off; of one that does not match
 * always more than of one that does.
 */
export function excess({ match, worst, atol, rtol }: OutputComparison): number {
  const ratio = Number(worst?.abs ?? NaN) / (atol + rtol * Math.abs(Number(worst?.expected)));
  if (match) return Math.min(1, ratio);
  return ratio > 1 ? ratio : Infinity;
}
