import { join } from 'node:path';
import { MlregError } from '../../core/errors.ts';
import { goldenSetsOf } from '../../core/versions/golden-sets.ts';
import { type Reference, formatReference } from '../../core/versions/reference.ts';
import type { Signature } from '../../core/versions/signature.ts';
import type { VersionRecord } from '../../core/versions/version-record.ts';
import { asSourceError } from '../../files/path-errors.ts';
import {
  type CheckedGolden,
  type GoldenSetOnDisk,
  casesOf,
  checkGoldenSet,
} from '../../onnx/golden/golden-set.ts';
import type { Tolerance } from '../../onnx/tensors/compare-tensors.ts';
import type { GoldenProgress } from '../../runtime/child/golden-cases.ts';
import { checkListing } from '../check-bytes.ts';
import { runGolden } from '../golden/run-golden.ts';
import { findGolden } from '../golden/stage-golden.ts';
import type { Registry } from '../registry.ts';
import { requireOnnx, resolve } from '../resolve.ts';
import { type VerifiedCopies, withVerifiedCopies } from '../verified-copies.ts';
import { reportTest } from './report-test.ts';
import type { TestResult, TestedSet } from './test-result.ts';

export interface TestInput {
  ref: Reference;
  /** A golden set on disk, to use instead of the registered one. */
  against?: string | undefined;
  /** Takes precedence over the golden set's own tolerance. */
  tolerance?: Partial<Tolerance>;
  /** Wall-clock limit; absent: a minute for each case. */
  timeoutMs?: number | undefined;
  memoryLimitBytes?: number | undefined;
  /** Where to take the version from, if the caller shares copies. */
  copies?: VerifiedCopies | undefined;
  onProgress?: (progress: GoldenProgress) => void;
}

/**
 * Runs a version on the inputs of all of its golden sets, in a child process with one thread, and
 * compares its outputs with the expected ones. Every byte is verified when it is read from the
 * registry. A model that crashes, hangs, runs out of memory or is refused gives a result with that
 * status. NOT_FOUND if the version has no golden set, or without ONNX Runtime; INVALID_INPUT if the
 * version is not an ONNX model, and for a golden set that is malformed or does not fit the model.
 */
export async function testVersion(registry: Registry, input: TestInput): Promise<TestResult> {
  const record = await resolve(registry, input.ref);
  const { entry, signature } = requireOnnx(record);
  if (input.against === undefined && goldenSetsOf(record).length === 0) throw noGoldenSet(record);
  const test = async (copies: VerifiedCopies): Promise<TestResult> => {
    checkListing(record);
    const sets = await fetchGolden(copies, record, signature, input.against);
    const runnable = casesOf(sets).some(({ skipped }) => skipped === undefined);
    const outcome = runnable
      ? await runGolden({
          ...input,
          modelFile: join(await copies.model(record), entry),
          modelBytes: record.artifact.size,
          signature,
          sets,
          signal: registry.signal,
        })
      : null;
    return reportTest({ record, signature, sets, outcome });
  };
  return withVerifiedCopies(registry, 'test', test, input.copies);
}

function noGoldenSet({ name, version }: VersionRecord): MlregError {
  const ref = formatReference(name, version);
  return new MlregError('NOT_FOUND', `${ref} has no golden set`, {
    hint: `mlreg golden add ${ref} PATH, or test it with another one: mlreg test ${ref} --against PATH`,
    details: { ref },
  });
}

async function fetchGolden(
  copies: VerifiedCopies,
  record: VersionRecord,
  signature: Signature,
  against: string | undefined,
): Promise<(GoldenSetOnDisk & Pick<TestedSet, 'source' | 'self'> & CheckedGolden)[]> {
  if (against === undefined) return copies.golden(record);
  const files = await findGolden(against, 'golden set');
  try {
    return [{ files, ...checkGoldenSet(files, signature), source: 'file', self: false, digest: null }];
  } catch (error) {
    throw asSourceError(error, against);
  }
}
