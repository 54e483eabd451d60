import { counted } from '../../core/text/numbers.ts';
import {
  caseName,
  casesOf,
  type GoldenCaseResult,
  type OutputComparison,
  type CheckedCase,
} from '../../onnx/golden/golden-set.ts';
import type { JsonNumber, Tolerance, WorstElement } from '../../onnx/tensors/compare-tensors.ts';
import { describeCase } from '../../registry/inspect/test-failure.ts';
import { excess } from '../../registry/inspect/test-result.ts';
import type { GateResult } from './result.ts';

/** The part of a stored golden set that the report names. */
export interface GoldenFacts {
  digest: string;
  /** Whether it was made from the version's own outputs. */
  self: boolean;
  cases: CheckedCase[];
}

/** Results of a launch's checks, before and after the runs that it timed. */
export interface GoldenChecks {
  before: GoldenCaseResult[];
  /** Null if `before` found a mismatch: then nothing was timed. */
  after: GoldenCaseResult[] | null;
}

/** The output that is furthest off relative to its tolerance: where, when and by how much. */
export interface WorstOutput extends WorstElement, Tolerance {
  /** Before the first or after the last timed run, in the same session. */
  check: 'before' | 'after';
  /** Counts from 1. */
  launch: number;
  case: string;
  /** The digest of its golden set, if the version has several. */
  set?: string;
  output: string;
  dtype: string;
}

/**
 * The result of checking a version against its golden sets, over all launches, before and after
 * timing.
 */
export interface OutputsCheck {
  /** Null: no golden set, nothing in it can be compared, or no launch reached the check. */
  match: boolean | null;
  /** The largest difference of all; null if nothing has a difference. */
  maxAbs: JsonNumber | null;
  /**
   * The tolerance of `worst`; if all outputs are equal, of the first output that has a tolerance;
   * null if nothing was compared.
   */
  atol: number | null;
  rtol: number | null;
  /**
   * Null if all outputs are equal or nothing was compared. After a mismatch, always an element that
   * does not match.
   */
  worst: WorstOutput | null;
  /**
   * Null without a golden set. `digest` is that of the first set, `cases` counts those of all;
   * `checks`: how often they were checked, twice in a complete launch; `skipped`: the cases that
   * cannot be compared, and why.
   */
  golden: {
    digest: string;
    cases: number;
    checks: number;
    skipped: { case: string; set?: string; reason: string }[];
    sets: { digest: string; self: boolean; cases: number }[];
  } | null;
}

/** One output of one case in one check. */
type Compared = OutputComparison & Pick<WorstOutput, 'check' | 'launch' | 'case' | 'set'>;

export function reportGolden(
  golden: readonly GoldenFacts[],
  checks: readonly (GoldenChecks | null)[],
): OutputsCheck {
  const [first] = golden;
  const cases = casesOf(golden);
  const runs = checks.flatMap((both, at) =>
    both === null
      ? []
      : (['before', 'after'] as const).flatMap((check) =>
          both[check] === null ? [] : [{ check, launch: at + 1, results: both[check] }],
        ),
  );
  const compared = runs.flatMap(({ results, ...when }) =>
    results.flatMap((one) =>
      (one.outputs ?? []).map((output): Compared => ({ ...when, ...placeOf(one), ...output })),
    ),
  );
  const furthest = furthestOff(compared);
  const { atol, rtol } = furthest ?? compared.find(isTolerant) ?? compared[0] ?? { atol: null, rtol: null };
  return {
    match: compared.length === 0 ? null : compared.every(({ match }) => match),
    maxAbs: largest(compared),
    atol,
    rtol,
    worst: furthest === null ? null : toWorst(furthest),
    golden:
      first === undefined
        ? null
        : {
            digest: first.digest,
            cases: cases.length,
            checks: runs.length,
            skipped: cases.flatMap((one) =>
              one.skipped === undefined ? [] : [{ ...placeOf(one), reason: one.skipped }],
            ),
            sets: golden.map((set) => ({ digest: set.digest, self: set.self, cases: set.cases.length })),
          },
  };
}

function placeOf({ case: name, set }: CheckedCase): Pick<WorstOutput, 'case' | 'set'> {
  return { case: name, ...(set === undefined ? {} : { set }) };
}

function isTolerant({ atol, rtol }: Tolerance): boolean {
  return atol > 0 || rtol > 0;
}

function furthestOff(compared: readonly Compared[]): Compared | null {
  let furthest: Compared | null = null;
  for (const one of compared) {
    if (one.worst === null) continue;
    // Of outputs that are equally far off, the first one counts.
    if (furthest === null || excess(one) > excess(furthest)) furthest = one;
  }
  return furthest;
}

function toWorst({
  check,
  launch,
  case: name,
  set,
  output,
  dtype,
  atol,
  rtol,
  worst,
}: Compared): WorstOutput | null {
  const named = set === undefined ? {} : { set };
  return worst && { check, launch, case: name, ...named, output, dtype, ...worst, atol, rtol };
}

function largest(compared: readonly Compared[]): JsonNumber | null {
  let most: JsonNumber | null = null;
  for (const { maxAbs } of compared)
    if (maxAbs !== null && (most === null || Number(maxAbs) > Number(most))) most = maxAbs;
  return most;
}

/** `cases[0], output "y"[1,2]: expected 0.5, got 0.25 (allowed: …), before timing, in launch 1` */
export function describeWorst(worst: WorstOutput): string {
  const when = `${worst.check} timing, in launch ${worst.launch}`;
  return `${describeCase({ ...worst, worst })}, ${when}`;
}

/** One gate if anything was compared, else none: `goldenNotes` says why. */
export function goldenGate({ match, worst, golden, maxAbs, atol, rtol }: OutputsCheck): GateResult[] {
  if (match === null || golden === null) return [];
  const compared = golden.cases - golden.skipped.length;
  const cases = counted(compared, 'case');
  const which = golden.sets.length === 1 ? 'the golden set' : `${golden.sets.length} golden sets`;
  const threshold = atol === 0 && rtol === 0 ? 'equal' : `${atol} + ${rtol}·|expected|`;
  if (match) {
    return [
      {
        gate: 'golden',
        kind: 'golden',
        verdict: 'pass',
        observed:
          worst === null || maxAbs === null
            ? 'equal'
            : `off by at most ${Number(Number(maxAbs).toPrecision(3))}`,
        threshold,
        reason: `${cases} of ${which} ${compared === 1 ? 'matches' : 'match'}, before and after timing (${counted(golden.checks, 'check')})`,
      },
    ];
  }
  return [
    {
      gate: 'golden',
      kind: 'golden',
      verdict: 'fail',
      observed: worst === null ? 'different' : String(worst.actual),
      threshold,
      reason: worst === null ? `outputs differ from ${which}` : describeWorst(worst),
    },
  ];
}

/** Notes about the skipped cases and outputs. */
export function goldenNotes({ golden }: OutputsCheck): string[] {
  const [first] = golden?.skipped ?? [];
  if (golden === null || first === undefined) return [];
  const { skipped, cases, sets } = golden;
  const why = `${caseName(first)}: ${first.reason}`;
  return [
    skipped.length === cases
      ? `no case of the golden set${sets.length === 1 ? '' : 's'} could be compared: ${why}`
      : `${skipped.length} of ${cases} golden cases were skipped: ${why}`,
  ];
}
