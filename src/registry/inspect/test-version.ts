import { statSync } from 'node:fs';
import { join } from 'node:path';
import { MlregError } from '../../core/errors.ts';
import { type Reference, formatReference } from '../../core/versions/reference.ts';
import type { Signature } from '../../core/versions/signature.ts';
import type { VersionRecord } from '../../core/versions/version-record.ts';
import { asSourceError } from '../../files/path-errors.ts';
import { type CheckedCase, checkGoldenSet } from '../../onnx/golden/golden-set.ts';
import type { Tolerance } from '../../onnx/tensors/compare-tensors.ts';
import type { GoldenFiles, GoldenProgress } from '../../runtime/child/golden-cases.ts';
import { type GoldenJob, goldenJob } from '../../runtime/child/golden-job.ts';
import { type JobLimits, defaultMemoryLimit, runJob } from '../../runtime/run-job.ts';
import { runtimeMissing } from '../../runtime/probe-runtime.ts';
import { checkListing } from '../check-bytes.ts';
import { findGolden } from '../register/stage-golden.ts';
import type { Registry } from '../registry.ts';
import { requireOnnx, resolve } from '../resolve.ts';
import { type VerifiedCopies, withVerifiedCopies } from '../verified-copies.ts';
import { reportTest } from './report-test.ts';
import type { TestResult } from './test-result.ts';

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

const defaultTimeoutMs = 60_000;

/** The golden set to use: where its files are, and what to report about it. */
interface Golden {
  files: Map<string, string>;
  cases: CheckedCase[];
  warnings: string[];
  source: 'registered' | 'file';
  digest: string | null;
}

/**
 * Runs a version on the inputs of its golden set, in a child process with one thread, and compares
 * its outputs with the expected ones. Every byte is verified when it is read from the registry. A
 * model that crashes, hangs, runs out of memory or is refused gives a result with that status.
 * NOT_FOUND if the version has no golden set, or without ONNX Runtime; INVALID_INPUT if the version
 * is not an ONNX model, and for a golden set that is malformed or does not fit the model.
 */
export async function testVersion(registry: Registry, input: TestInput): Promise<TestResult> {
  const record = await resolve(registry, input.ref);
  const { entry, signature } = requireOnnx(record);
  if (input.against === undefined && record.golden === null) throw noGoldenSet(record);
  const test = async (copies: VerifiedCopies): Promise<TestResult> => {
    checkListing(record);
    const golden = await fetchGolden(copies, record, signature, input.against);
    const known = { record, signature, golden };
    if (golden.cases.every(({ skipped }) => skipped !== undefined))
      return reportTest({ ...known, outcome: null });
    const job: GoldenJob = {
      modelFile: join(await copies.model(record), entry),
      session: { intraOpThreads: 1, interOpThreads: 1, extra: {} },
      signature,
      files: golden.files,
      tolerance: input.tolerance ?? {},
    };
    const outcome = await runJob(goldenJob, job, {
      limits: limitsOf(input, job, record.artifact.size),
      signal: registry.signal,
      onProgress: input.onProgress,
    });
    if (outcome.status === 'no-runtime') throw runtimeMissing(outcome.message);
    const last = outcome.lastProgress;
    if (outcome.status === 'ok' && last !== null) input.onProgress?.({ ...last, done: last.total });
    return reportTest({ ...known, outcome });
  };
  return withVerifiedCopies(registry, 'test', test, input.copies);
}

function limitsOf(
  { timeoutMs, memoryLimitBytes }: TestInput,
  { files }: GoldenFiles,
  modelBytes: number,
): JobLimits {
  const goldenBytes = [...files.values()].reduce((sum, location) => sum + statSync(location).size, 0);
  return {
    timeoutMs: timeoutMs ?? defaultTimeoutMs,
    timeoutIsStall: timeoutMs === undefined,
    memoryLimitBytes:
      memoryLimitBytes ?? defaultMemoryLimit(modelBytes + goldenBytes, process.constrainedMemory() || null),
  };
}

function noGoldenSet({ name, version }: VersionRecord): MlregError {
  const ref = formatReference(name, version);
  return new MlregError('NOT_FOUND', `${ref} has no golden set`, {
    hint: `mlreg test ${ref} --against PATH, or register it with --golden PATH`,
    details: { ref },
  });
}

async function fetchGolden(
  copies: VerifiedCopies,
  record: VersionRecord,
  signature: Signature,
  against: string | undefined,
): Promise<Golden> {
  if (against === undefined) {
    const golden = await copies.golden(record);
    if (golden === null) throw noGoldenSet(record);
    return { ...golden, source: 'registered' };
  }
  const files = await findGolden(against, 'golden set');
  try {
    return { files, ...checkGoldenSet(files, signature), source: 'file', digest: null };
  } catch (error) {
    throw asSourceError(error, against);
  }
}
