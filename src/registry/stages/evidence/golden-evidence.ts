import { isMlregError } from '../../../core/errors.ts';
import { cannotTell, type Finding } from '../../../gates/evidence.ts';
import type { GoldenEvidence } from '../../../gates/kinds/golden.ts';
import type { Round } from './round.ts';

/** Runs the candidate on its golden set, once. */
export function goldenEvidence(round: Round): GoldenEvidence {
  return { golden: () => round.memory.once('golden', () => runGolden(round)) };
}

/** Runs in a child process; loaded only if a gate needs it. */
async function runGolden({ registry, candidate, copies }: Round): Promise<Finding> {
  const threshold = 'all cases match';
  const [{ testVersion }, { testFailure }] = await Promise.all([
    import('../../inspect/test-version.ts'),
    import('../../inspect/test-failure.ts'),
  ]);
  const { name, version } = candidate;
  try {
    const result = await testVersion(registry, {
      ref: { name, selector: { kind: 'version', version } },
      copies,
    });
    const run = result.cases.filter(({ match }) => match !== null);
    const matching = run.filter(({ match }) => match === true);
    return {
      verdict: result.verdict,
      observed: `${matching.length} of ${run.length} cases match`,
      threshold,
      reason:
        testFailure(result)?.message ??
        `${matching.length} of ${result.cases.length} cases were run and match`,
    };
  } catch (error) {
    // No golden set, no ONNX model or no runtime: inconclusive. Damaged bytes and an abort are not
    // findings, so they are thrown.
    if (!isMlregError(error, 'NOT_FOUND') && !isMlregError(error, 'INVALID_INPUT')) throw error;
    return { ...cannotTell(threshold, error.message, 'not run'), hint: error.hint };
  }
}
