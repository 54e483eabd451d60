import { join } from 'node:path';
import { MlregError } from '../../core/errors.ts';
import type { Signature } from '../../core/versions/signature.ts';
import type { VersionRecord } from '../../core/versions/version-record.ts';
import { casesOf, isMismatch, loadedBytes } from '../../onnx/golden/golden-set.ts';
import { requireOnnx } from '../../registry/resolve.ts';
import type { VerifiedCopies } from '../../registry/verified-copies.ts';
import { toSetFiles, type GoldenFiles } from '../../runtime/child/golden-cases.ts';
import type { BenchAnswer } from '../child/bench-job.ts';
import type { BenchPlan } from '../plan/plan.ts';
import { type GoldenChecks, type GoldenFacts, describeWorst, reportGolden } from '../report/golden-report.ts';

export interface ModelToTime {
  /** Path of the ONNX file; its external data lies next to it. */
  modelFile: string;
  signature: Signature;
  /**
   * Bytes of the model with its external data, for the memory limit. Default: the size of
   * `modelFile`.
   */
  modelBytes?: number;
  /** As `OnnxModel` counts them, for a profile. */
  operators?: Readonly<Record<string, number>>;
  /** The golden sets for the checks before and after timing, and for inputs. Default: none. */
  golden?: readonly (GoldenFacts & { files: Map<string, string> })[];
}

/**
 * A verified copy to time, with its golden sets. INVALID_INPUT for a file that is not an ONNX
 * model.
 */
export async function modelToTime(copies: VerifiedCopies, record: VersionRecord): Promise<ModelToTime> {
  const { entry, signature, operators } = requireOnnx(record);
  return {
    modelFile: join(await copies.model(record), entry),
    modelBytes: record.artifact.size,
    signature,
    operators,
    golden: await copies.golden(record),
  };
}

/** The golden sets in the child's form; undefined if no case can run. */
export function toGoldenFiles(
  { signature, golden = [] }: ModelToTime,
  { tolerance }: BenchPlan,
): GoldenFiles | undefined {
  if (casesOf(golden).every(({ skipped }) => skipped !== undefined)) return undefined;
  return { signature, sets: toSetFiles(golden), tolerance };
}

/** The memory that reading the golden sets adds to the child. */
export function goldenBytes({ golden = [] }: ModelToTime): number {
  return golden.reduce((sum, { files }) => sum + loadedBytes(files), 0);
}

/** CONFLICT if launches got different inputs: someone changed the files meanwhile. */
export function refuseChangedInputs(launches: readonly Pick<BenchAnswer, 'inputSha256'>[]): void {
  if (new Set(launches.map(({ inputSha256 }) => inputSha256)).size <= 1) return;
  throw new MlregError('CONFLICT', 'the input files changed during the measurement', {
    hint: 'nothing was stored; run it again when the files no longer change',
  });
}

/** Why the last launch was not timed; null if it was. */
export function whyUntimed(
  { golden = [] }: Pick<ModelToTime, 'golden'>,
  checks: readonly (GoldenChecks | null)[],
): string | null {
  if (!isMismatch(checks.at(-1)?.before ?? null)) return null;
  const { worst } = reportGolden(golden, checks);
  return `not timed: outputs differ from the golden set${worst === null ? '' : `: ${describeWorst(worst)}`}`;
}
