import { statSync } from 'node:fs';
import { MlregError } from '../../core/errors.ts';
import { isMismatch } from '../../onnx/golden/golden-result.ts';
import type { GoldenFiles } from '../../runtime/child/golden-cases.ts';
import type { BenchAnswer } from '../child/bench-job.ts';
import { describeWorst, reportGolden, type GoldenChecks } from '../report/golden-report.ts';
import type { BenchPlan } from '../plan/plan.ts';
import type { ModelToTime } from './model-to-time.ts';

/** For the child; nothing where no case can be run. */
export function toGoldenFiles(
  { signature, golden }: ModelToTime,
  { tolerance }: BenchPlan,
): GoldenFiles | undefined {
  if (!golden || golden.cases.every(({ skipped }) => skipped !== undefined)) return undefined;
  return { signature, files: golden.files, tolerance };
}

/** What reading the golden set adds to the memory that the child takes. */
export function goldenBytes({ golden }: ModelToTime): number {
  return [...(golden?.files.values() ?? [])].reduce((sum, location) => sum + statSync(location).size, 0);
}

/** CONFLICT where launches were fed other inputs: the files were written meanwhile. */
export function refuseChangedInputs(launches: readonly Pick<BenchAnswer, 'inputSha256'>[]): void {
  if (new Set(launches.map(({ inputSha256 }) => inputSha256)).size <= 1) return;
  throw new MlregError('CONFLICT', 'the input files changed during the measurement', {
    hint: 'nothing was stored; run it again when the files no longer change',
  });
}

/** Why the last launch was not timed; null: it was. */
export function whyUntimed({ golden }: ModelToTime, checks: readonly (GoldenChecks | null)[]): string | null {
  if (!isMismatch(checks.at(-1)?.before ?? null)) return null;
  const { worst } = reportGolden(golden ?? null, checks);
  return `not timed: outputs differ from the golden set${worst === null ? '' : `: ${describeWorst(worst)}`}`;
}
