import type { Tolerance, TensorComparison } from '../tensors/compare-tensors.ts';
import type { CheckedCase } from './golden-set.ts';

/** An output beside what the golden set expects of it. */
export interface OutputComparison extends TensorComparison, Tolerance {
  output: string;
  /** Of the expected tensor. */
  dtype: string;
}

export interface GoldenCaseResult extends CheckedCase {
  /** Null where the case was skipped or the runtime refused it. */
  outputs: OutputComparison[] | null;
  /** What the runtime said. */
  error?: string;
}

/** Whether the outputs of any case are not those that are expected. */
export function isMismatch(results: readonly GoldenCaseResult[] | null): boolean {
  return results?.some(({ outputs }) => outputs?.some(({ match }) => !match)) ?? false;
}
