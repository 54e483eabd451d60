import { isMlregError } from '../../../core/errors.ts';
import { type Finding, cannotTell } from '../../../gates/evidence.ts';
import { testFailure } from '../../inspect/test-failure.ts';
import type { TestResult } from '../../inspect/test-result.ts';
import { testVersion } from '../../inspect/test-version.ts';
import { type Round, type SelfMadeSets, withSets } from './round.ts';

/** Runs the candidate on its golden sets, once; again if one was added since. */
export function testOnGolden(round: Round): Promise<Finding> {
  const key = withSets(round, `golden ${round.self.allowed} ${round.self.askedBy}`);
  return round.memory.once(key, () => runGolden(round));
}

async function runGolden({ registry, candidate, copies, self }: Round): Promise<Finding> {
  const threshold = 'all cases match';
  const { name, version } = candidate;
  try {
    const result = await testVersion(registry, {
      ref: { name, selector: { kind: 'version', version } },
      copies,
    });
    const run = result.cases.filter(({ match }) => match !== null);
    const matching = run.filter(({ match }) => match === true);
    const { verdict, goldenSets } = result;
    if (verdict === 'pass' && !self.allowed && goldenSets.every((set) => set.self))
      return onlySelfMade(result, threshold, self);
    return {
      verdict,
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

/** A model that agrees with itself proves only that its outputs are reproducible. */
function onlySelfMade(
  { ref, goldenSets }: TestResult,
  threshold: string,
  { askedBy }: SelfMadeSets,
): Finding {
  const which =
    goldenSets.length === 1 ? 'its only golden set was' : `all of its ${goldenSets.length} golden sets were`;
  const forbidden =
    askedBy === null
      ? 'the policy does not allow these alone ("golden": {"allowSelf": true})'
      : `only the registry's policy can allow these alone, so "allowSelf" in ${askedBy} does not count`;
  return {
    ...cannotTell(
      threshold,
      `${which} made from its own outputs (golden make), which prove nothing about it; ${forbidden}`,
      'only self-made sets',
    ),
    hint: `add a set whose expected outputs come from elsewhere: mlreg golden add ${ref} PATH${askedBy === null ? '' : '; to allow self-made sets: mlreg policy apply FILE'}`,
  };
}
