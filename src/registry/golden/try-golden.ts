import { isMlregError } from '../../core/errors.ts';
import { caseName } from '../../onnx/golden/golden-set.ts';
import { judgeRun, type JudgedRun } from '../inspect/report-test.ts';
import { describeCase } from '../inspect/test-failure.ts';
import type { GoldenTrial } from './golden-result.ts';
import { runGolden, type ModelToRun } from './run-golden.ts';
import type { StagedGolden } from './stage-golden.ts';

/** Runs a model on a golden set that is copied in, but not stored yet. */
export async function tryGolden(
  model: ModelToRun,
  { artifact, files, cases, warnings }: StagedGolden,
): Promise<GoldenTrial> {
  const set = { source: 'added' as const, self: false, digest: artifact.digest, files, cases, warnings };
  const runnable = cases.some(({ skipped }) => skipped === undefined);
  try {
    const outcome = runnable ? await runGolden({ ...model, sets: [set] }) : null;
    const run = judgeRun({ sets: [set], outcome });
    return { verdict: run.verdict, reason: reasonOf(run) };
  } catch (error) {
    if (!isMlregError(error, 'NOT_FOUND')) throw error;
    return { verdict: null, reason: `it was not tried: ${error.message}` };
  }
}

function reasonOf({ verdict, status, error, cases }: JudgedRun): string {
  const differing = cases.filter(({ match }) => match === false);
  const [first] = differing;
  if (first !== undefined) {
    const more =
      differing.length === 1 ? '' : ` (and in ${differing.length - 1} more of ${cases.length} cases)`;
    return `the model gives other outputs: ${describeCase(first)}${more}`;
  }
  if (status !== 'ok') {
    const where = error?.case === null || error === null ? '' : ` in ${error.case}`;
    return `the model could not be run (${status}${where}): ${error?.message ?? ''}`;
  }
  if (verdict === 'pass') {
    const run = cases.filter(({ match }) => match === true).length;
    return `${run} of ${cases.length} cases were run and match`;
  }
  const skipped = cases.find((one) => one.skipped !== undefined);
  return `no case can be compared: ${skipped && caseName(skipped)} is skipped, because ${skipped?.skipped}`;
}
