import type { Tolerance, TensorComparison } from '../tensors/compare-tensors.ts';
import type { CheckedCase } from './golden-set.ts';

/** An output compared with the expected output of the golden set. */
export interface OutputComparison extends TensorComparison, Tolerance {
  output: string;
  /** Of the expected tensor. */
  dtype: string;
}

export interface GoldenCaseResult extends CheckedCase {
  /** Null if the case was skipped or the runtime refused it. */
  outputs: OutputComparison[] | null;
  /** The runtime's error message. */
  error?: string;
}

/** Whether any case has outputs that differ from the expected ones. */
export function isMismatch(results: readonly GoldenCaseResult[] | null): boolean {
  return results?.some(({ outputs }) => outputs?.some(({ match }) => !match)) ?? false;
}
