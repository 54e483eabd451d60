import type { GoldenCaseResult } from './jobs.ts';

/** Whether the outputs of any case are not those that are expected. */
export function isMismatch(results: readonly GoldenCaseResult[] | null): boolean {
  return results?.some(({ outputs }) => outputs?.some(({ match }) => !match)) ?? false;
}
