import { constants } from 'node:fs';
import { copyFile, mkdir } from 'node:fs/promises';
import { dirname, join, posix } from 'node:path';
import { isMlregError } from '../../core/errors.ts';
import type { OnnxModel } from '../../core/versions/onnx-model.ts';
import { withScratchFolder } from '../../files/scratch.ts';
import { caseName } from '../../onnx/golden/golden-set.ts';
import { judgeRun, type JudgedRun } from '../inspect/report-test.ts';
import { describeCase } from '../inspect/test-failure.ts';
import type { GoldenTrial } from './golden-result.ts';
import type { StagedArtifact } from '../register/store-version.ts';
import { runGolden, type ModelToRun } from './run-golden.ts';
import type { StagedGolden } from './stage-golden.ts';

/**
 * Runs a model that is copied in, but not stored yet. A single file runs where it lies; of a
 * folder, the ONNX file and its external data are copied, since they must lie beside each other
 * under their names.
 */
export async function tryStaged(
  { artifact, staged }: StagedArtifact,
  { entry, onnx }: { entry: string; onnx: OnnxModel },
  golden: StagedGolden,
  signal: AbortSignal | undefined,
): Promise<GoldenTrial> {
  const { signature, externalData } = onnx;
  const tryAt = (modelFile: string): Promise<GoldenTrial> =>
    tryGolden({ modelFile, modelBytes: artifact.size, signature, signal }, golden);
  const only = staged.size === 1 ? staged.get(entry) : undefined;
  if (only !== undefined) return tryAt(only.path);
  return withScratchFolder('golden', async (folder) => {
    // A location of external data may lead through any folder of the artifact.
    for (const path of staged.keys()) await mkdir(join(folder, dirname(path)), { recursive: true });
    for (const path of [entry, ...externalData.map((name) => posix.join(posix.dirname(entry), name))]) {
      const blob = staged.get(path);
      if (blob === undefined) continue;
      await copyFile(blob.path, join(folder, path), constants.COPYFILE_FICLONE);
    }
    return tryAt(join(folder, entry));
  });
}

/** The warning about a model that does not pass its golden set; empty if it does. */
export function warnOfTrial(subject: string, { verdict, reason }: GoldenTrial): string[] {
  if (verdict === 'pass') return [];
  return [
    verdict === null
      ? `the golden set may not match: ${reason}`
      : `${subject} does not pass this golden set, so mlreg test and golden gates will not pass: ${reason}`,
  ];
}

/**
 * Runs a model on a golden set that is copied in, but not stored yet; `times` in one session, since
 * some models give other outputs the next time.
 */
export async function tryGolden(
  model: ModelToRun,
  { artifact, files, cases, warnings }: StagedGolden,
  times = 1,
): Promise<GoldenTrial> {
  const set = { source: 'added' as const, self: false, digest: artifact.digest, files, cases, warnings };
  const runnable = cases.some(({ skipped }) => skipped === undefined);
  try {
    const sets = Array.from({ length: times }, () => set);
    const outcome = runnable ? await runGolden({ ...model, sets }) : null;
    const run = judgeRun({ sets, outcome });
    return { verdict: run.verdict, reason: reasonOf(run, times) };
  } catch (error) {
    if (!isMlregError(error, 'NOT_FOUND')) throw error;
    return { verdict: null, reason: `it was not tried: ${error.message}` };
  }
}

function reasonOf({ verdict, status, error, cases }: JudgedRun, times: number): string {
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
    return `${run / times} of ${cases.length / times} cases were run and match`;
  }
  const skipped = cases.find((one) => one.skipped !== undefined);
  return `no case can be compared: ${skipped && caseName(skipped)} is skipped, because ${skipped?.skipped}`;
}
