import { MlregError } from '../../core/errors.ts';
import { quote, shellWord } from '../../core/text/quote.ts';
import { caseName } from '../../onnx/golden/golden-set.ts';
import type { WorstElement } from '../../onnx/tensors/compare-tensors.ts';
import { hintIfTooNew } from '../../runtime/too-new.ts';
import type { TestCase, TestResult, TestStatus } from './test-result.ts';

/**
 * The error for any verdict but `pass`. `against`: the path of the golden set that was used instead
 * of the version's own.
 */
export function testFailure(result: TestResult, against?: string): MlregError | undefined {
  const { ref, verdict, status, error, cases, goldenSets } = result;
  if (verdict === 'pass') return undefined;
  const details = { verdict, status };
  const differing = cases.find(({ match }) => match === false);
  if (differing !== undefined) {
    const whose = goldenSets[0]?.source === 'file' ? 'the' : 'its';
    const which = goldenSets.length === 1 ? 'golden set' : 'golden sets';
    const set = against === undefined ? '' : ` --against ${shellWord(against)}`;
    return new MlregError(
      'GATE_FAILED',
      `outputs of ${ref} differ from ${whose} ${which}: ${describeCase(differing)}`,
      { hint: `see every output with mlreg test ${ref}${set} --json${remedy(differing)}`, details },
    );
  }
  if (status !== 'ok') {
    const where = error?.case === null || error === null ? '' : ` in ${error.case}`;
    const hints: Partial<Record<TestStatus, string>> = {
      timeout: 'use a longer --timeout',
      oom: 'use a larger --memory-limit',
    };
    return new MlregError(
      'GATE_FAILED',
      `${ref} could not be tested (${status}${where}): ${error?.message ?? ''}`,
      {
        hint: hints[status] ?? hintIfTooNew(error?.message ?? '') ?? `inspect the model: mlreg show ${ref}`,
        details: { ...details, ...(error?.stderr.trim() ? { stderr: error.stderr.trim() } : {}) },
      },
    );
  }
  // Another set may have passed.
  const skipped = cases.find((one) => isOfUndecided(one, goldenSets));
  const what = goldenSets.length === 1 ? ref : `a golden set of ${ref}`;
  return new MlregError(
    'GATE_FAILED',
    `could not compare any case of ${what}: ${skipped && caseName(skipped)} was skipped, because ${skipped?.skipped}`,
    {
      hint: result.testable
        ? 'use a golden set of tensors: --against PATH'
        : 'onnxruntime-node cannot run any golden set on this model: test it elsewhere, and omit the golden gate',
      details,
    },
  );
}

function isOfUndecided({ set }: TestCase, sets: TestResult['goldenSets']): boolean {
  return sets.some(({ digest, verdict }) => verdict === 'inconclusive' && (set ?? digest) === digest);
}

/** What could make the worst element pass, if anything. */
function remedy({ worst }: TestCase): string {
  if (worst === null || worst.index === null || isBeyondMeasure(worst)) return '';
  return isFloat(worst) ? '; allow more with --atol and --rtol' : `; ${worst.dtype} values must be equal`;
}

function isFloat({ dtype }: { dtype: string }): boolean {
  return /^b?float/.test(dtype);
}

const matchThemselves = 'NaN and infinities match only themselves';

/** Whether the worst element is a float that no tolerance allows: JSON writes it as a name. */
function isBeyondMeasure(worst: NonNullable<TestCase['worst']>): boolean {
  return isFloat(worst) && [worst.expected, worst.actual].some((value) => typeof value === 'string');
}

/** What the tolerance allows for the worst element, if that can be said: ` (allowed: …)`. */
function allowance(worst: NonNullable<TestCase['worst']>): string {
  const { index, atol, rtol } = worst;
  if (index === null) return '';
  if (isBeyondMeasure(worst)) return ` (${matchThemselves})`;
  return atol === 0 && rtol === 0 ? '' : ` (allowed: ${atol} + ${rtol}·|expected|)`;
}

/** The same in numbers, for the page of a terminal; undefined if no difference is allowed. */
export function shownAllowance(
  worst: NonNullable<TestCase['worst']>,
  measured: (value: number) => string,
): string | undefined {
  const { index, abs, atol, rtol, expected } = worst;
  if (index === null) return undefined;
  if (isBeyondMeasure(worst)) return `nothing: ${matchThemselves}`;
  const limit = atol + rtol * Math.abs(Number(expected));
  return abs === null || limit === 0 ? undefined : `${measured(limit)} = ${atol} + ${rtol}·|expected|`;
}

/** `cases[0], output "probabilities"[2,0]: expected 0.5, got 0.25 (allowed: …)` */
export function describeCase(one: Pick<TestCase, 'case' | 'set' | 'worst'>): string {
  const { worst } = one;
  const name = caseName(one);
  if (worst === null) return name;
  const { expected, actual } = worst;
  return `${name}, output ${placeOf(worst)}: expected ${shownValue(expected, worst)}, got ${shownValue(actual, worst)}${allowance(worst)}`;
}

/** `"probabilities"[2,0]` */
export function placeOf({ output, index }: NonNullable<TestCase['worst']>): string {
  return `${quote(output)}${index === null ? '' : `[${index.join(',')}]`}`;
}

/** Strings in quotes, except numbers that are strings only because JSON needs it. */
export function shownValue(
  value: WorstElement['expected'],
  { dtype, index }: NonNullable<TestCase['worst']>,
): string {
  return typeof value === 'string' && dtype === 'string' && index !== null ? quote(value) : String(value);
}
