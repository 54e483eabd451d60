import { randomUUID } from 'node:crypto';
import { MlregError, isMlregError } from '../../core/errors.ts';
import { benchKind } from '../../core/measurements/bench.ts';
import { type Reference, formatReference } from '../../core/versions/reference.ts';
import type { VersionRecord } from '../../core/versions/version-record.ts';
import { madeUp } from '../../onnx/feeds/synthesize.ts';
import { refuseLostHistory, type Registry, authorship } from '../../registry/registry.ts';
import { requireOnnx, resolve } from '../../registry/resolve.ts';
import { type VerifiedCopies, withVerifiedCopies } from '../../registry/verified-copies.ts';
import { requireDevice } from '../../runtime/probe-runtime.ts';
import { hintIfTooNew } from '../../runtime/too-new.ts';
import { refuseLocalOptions, type ServerAddress } from '../plan/server-address.ts';
import { isLoad, refuseLoad } from '../plan/plan-load.ts';
import type { BenchPlan } from '../plan/plan.ts';
import { describeWorst } from '../report/golden-report.ts';
import type { BenchMeasurement, BenchProgress, BenchReport } from '../report/result.ts';
import { encodeSamples } from '../report/sample-codec.ts';
import { measureLonger } from './measure-longer.ts';
import { modelToTime } from './model-to-time.ts';
import { runBench } from './run-bench.ts';
import { runLoad } from './run-load.ts';
import { runPair } from './run-pair.ts';

export interface BenchInput {
  ref: Reference;
  /** The version to compare with, measured in the same run. */
  baseline?: Reference | undefined;
  /** A JSON file or a folder of inputs, used instead of the golden set's or synthetic ones. */
  inputFile?: string | undefined;
  plan: BenchPlan;
  /** The server that runs the version; absent: this machine does. */
  server?: ServerAddress | undefined;
  /** Verified copies that the caller shares between benches. */
  copies?: VerifiedCopies | undefined;
  /** False: measure without storing. */
  keep?: boolean;
  onProgress?: (progress: BenchProgress) => void;
}

export interface BenchedVersion {
  ref: string;
  version: string;
  digest: string;
}

export interface BenchResult {
  /**
   * The id of the result and its samples, stored with the version; null if they could not be
   * stored.
   */
  id: string | null;
  /** When it ended, epoch milliseconds. */
  at: number;
  subject: BenchedVersion;
  /** Null without a baseline. */
  baseline: BenchedVersion | null;
  report: BenchReport;
  /** Milliseconds, one array per launch. */
  samples: Float64Array[];
  warnings: string[];
}

/**
 * Measures a version and stores the result with it, failures included: a model that crashes is a
 * fact about it. Its bytes are verified when they leave the registry. INVALID_INPUT for a version
 * that is not an ONNX model, NOT_FOUND for a missing input file, USAGE for a baseline or a profile
 * under a load; else as `runBench`.
 */
export async function benchVersion(
  registry: Registry,
  { ref, baseline: against, keep = true, ...how }: BenchInput,
): Promise<BenchResult> {
  if (against !== undefined) refuseLoad(how.plan, '--baseline');
  if (how.plan.profile) refuseLoad(how.plan, '--profile');
  if (how.server !== undefined) refuseLocalOptions(how.plan, against !== undefined);
  await requireDevice(how.plan.device, registry.signal);
  // Checked before timing, because storing the result would fail in the end.
  if (keep) await refuseLostHistory(registry);
  const record = await resolve(registry, ref);
  const other = against === undefined ? null : await resolve(registry, against);
  const measurement = await measure(registry, record, other, how);
  const { report, samples } = measurement;
  const subject = benched(record);
  const baseline = other && benched(other);
  const at = registry.now();
  if (!keep) return { id: null, at, subject, baseline, report, samples, warnings: [] };
  const id = randomUUID();
  try {
    await store(registry, record, id, baseline, measurement);
    return { id, at, subject, baseline, report, samples, warnings: [] };
  } catch (error) {
    // The measurement is still valid if it cannot be stored: on a read-only registry, or a full
    // disk.
    if (!isMlregError(error, 'STORAGE')) throw error;
    return {
      id: null,
      at,
      subject,
      baseline,
      report,
      samples,
      warnings: [`the result was not stored: ${error.message}`],
    };
  }
}

function benched({ name, version, artifact }: VersionRecord): BenchedVersion {
  return { ref: formatReference(name, version), version, digest: artifact.digest };
}

async function store(
  registry: Registry,
  { name, version }: VersionRecord,
  id: string,
  baseline: BenchedVersion | null,
  { report, samples, blocks }: BenchMeasurement,
): Promise<void> {
  const series = blocks ?? samples.map((latencyMs, launch) => ({ arm: 0 as const, launch, latencyMs }));
  const { status, environment } = report;
  const { fingerprint } = environment;
  await registry.metadata.addMeasurement(benchKind, {
    id,
    model: name,
    version,
    fingerprint,
    status,
    result: { baseline, ...report },
    samples: encodeSamples(series),
    ...authorship(registry, undefined),
  });
}

async function measure(
  registry: Registry,
  record: VersionRecord,
  baseline: VersionRecord | null,
  { plan, inputFile, server, copies: shared, onProgress }: Omit<BenchInput, 'ref' | 'baseline' | 'keep'>,
): Promise<BenchMeasurement> {
  const inputFiles = inputFile === undefined ? null : await findInputs(inputFile);
  const run = async (copies: VerifiedCopies): Promise<BenchMeasurement> => {
    if (server !== undefined) {
      const { runRemote } = await import('./run-remote.ts');
      const { signature } = requireOnnx(record);
      const golden = await copies.golden(record);
      const about = { model: record.name, version: record.version, signature, golden };
      return runRemote({ ...about, server, plan, inputFiles, signal: registry.signal, onProgress });
    }
    const subject = await modelToTime(copies, record);
    const rest = { plan, inputFiles, signal: registry.signal, onProgress };
    if (baseline === null)
      return isLoad(plan) ? await runLoad({ ...subject, ...rest }) : await runBench({ ...subject, ...rest });
    return await runPair({
      subject,
      baseline: await modelToTime(copies, baseline),
      ...rest,
    });
  };
  return withVerifiedCopies(registry, 'bench', run, shared);
}

async function findInputs(path: string): Promise<Map<string, string>> {
  const { findGolden } = await import('../../registry/golden/stage-golden.ts');
  return findGolden(path, 'inputs');
}

function whatNext(ref: string, { status, input, error }: BenchReport): string {
  const isMade = input.source === 'synthetic';
  if (status === 'timeout') return `use a longer --timeout${isMade ? ' or a smaller --shape' : ''}`;
  if (status === 'oom') return `use a larger --memory-limit${isMade ? ' or a smaller --shape' : ''}`;
  const tooNew = hintIfTooNew(error?.message ?? '');
  if (tooNew !== undefined) return tooNew;
  const look = `see its inputs with mlreg show ${ref}`;
  return isMade ? `${madeUp}; ${look}` : look;
}

/**
 * The error for a bench that counts against the version: outputs that differ from its golden set, a
 * failure to run, or a gate that did not pass.
 */
export function benchFailure({ subject, report }: BenchResult): MlregError | undefined {
  const { status, error, gates, outputs } = report;
  const { worst } = outputs;
  // Records of earlier versions have no outputs.
  if (outputs.match === false && worst) {
    const { check, launch, case: name, output, index } = worst;
    return new MlregError(
      'GATE_FAILED',
      `outputs of ${subject.ref} differ from its golden set: ${describeWorst(worst)}`,
      {
        hint: `see every case with mlreg test ${subject.ref}; allow more with --atol and --rtol`,
        details: { gate: 'golden', verdict: 'fail', check, launch, case: name, output, index },
      },
    );
  }
  if (status !== 'ok') {
    const stderr = error?.stderr.trim() ?? '';
    return new MlregError(
      'GATE_FAILED',
      `cannot measure ${subject.ref} (${status}): ${error?.message ?? ''}`,
      {
        hint: whatNext(subject.ref, report),
        details: { status, ...(stderr === '' ? {} : { stderr }) },
      },
    );
  }
  const gate =
    gates.find(({ verdict }) => verdict === 'fail') ?? gates.find(({ verdict }) => verdict !== 'pass');
  if (gate === undefined) return undefined;
  return new MlregError(
    'GATE_FAILED',
    `gate ${gate.gate} ${gate.verdict === 'fail' ? 'failed' : 'is inconclusive'}: ${gate.reason}`,
    {
      hint:
        report.open?.saturated === true
          ? 'use a lower --rate or a higher --concurrency'
          : gate.verdict === 'inconclusive'
            ? measureLonger(report)
            : `compare with other versions: mlreg bench --list ${subject.ref.split('@')[0]}; see which operators take the time: mlreg bench ${subject.ref} --profile`,
      details: {
        gate: gate.gate,
        verdict: gate.verdict,
        observed: gate.observed,
        threshold: gate.threshold,
        ...(gate.needRuns === undefined ? {} : { needRuns: gate.needRuns }),
      },
    },
  );
}
