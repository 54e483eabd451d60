import type { ModelName } from '../../core/versions/model-name.ts';
import { formatReference } from '../../core/versions/reference.ts';
import type { Signature } from '../../core/versions/signature.ts';
import type { Version } from '../../core/versions/version.ts';
import type { VersionRecord } from '../../core/versions/version-record.ts';
import type { Tolerance, WorstElement } from '../../onnx/tensors/compare-tensors.ts';
import type { CheckedCase } from '../../onnx/golden/golden-set.ts';
import type { GoldenCaseResult, GoldenJob, OutputComparison } from '../../runtime/jobs.ts';
import { isTestable } from '../../onnx/feeds/loadable.ts';
import type { SandboxOutcome } from '../../runtime/sandbox.ts';

/** `crash`, `timeout`, `oom`: the child that owned ONNX Runtime died. `error`: the runtime refused the model or a case. */
export type TestStatus = 'ok' | 'crash' | 'timeout' | 'oom' | 'error';

export interface TestCase extends CheckedCase {
  /** Null: nothing was compared; `skipped`, `error` or the result's own status says why. */
  match: boolean | null;
  /** The element that is furthest off, in what its tolerance allows; null where all are equal. */
  worst: (WorstElement & Tolerance & { output: string; dtype: string }) | null;
  outputs: OutputComparison[];
  /** What ONNX Runtime said. */
  error?: string;
}

export interface TestResult {
  ref: string;
  name: ModelName;
  version: Version;
  digest: string;
  /** `inconclusive`: nothing differs, and something could not be run or nothing could be compared. */
  verdict: 'pass' | 'fail' | 'inconclusive';
  status: TestStatus;
  /** Null where status is `ok`. `stderr` is the end of what the child wrote there, `case` the one that it was running. */
  error: { message: string; stderr: string; case: string | null } | null;
  golden: { source: 'registered' | 'file'; digest: string | null; cases: number };
  cases: TestCase[];
  /** Outputs of the model that no case compared: they are no tensors, or the golden set leaves them out. Where nothing ran, only the former. */
  skippedOutputs: { name: string; type: string }[];
  /** False: no golden set can be run on this model by ONNX Runtime's binding, or none of its outputs be compared. */
  testable: boolean;
  onnxruntime: string | null;
  warnings: string[];
}

export interface TestFacts {
  record: VersionRecord;
  signature: Signature;
  golden: { source: 'registered' | 'file'; digest: string | null; cases: CheckedCase[]; warnings: string[] };
  /** Null: every case is skipped, so none was run. */
  outcome: Exclude<SandboxOutcome<GoldenJob>, { status: 'no-runtime' }> | null;
  /** The case that was begun last. */
  at: string | null;
}

export function reportTest({ record, signature, golden, outcome, at }: TestFacts): TestResult {
  const { name, version, artifact } = record;
  const ran = outcome?.status === 'ok' ? outcome.value : null;
  const cases = (ran?.cases ?? golden.cases.map((one) => ({ ...one, outputs: null }))).map(toCase);
  const refused = cases.find((one) => one.error !== undefined);
  const status = outcome !== null && outcome.status !== 'ok' ? outcome.status : refused ? 'error' : 'ok';
  return {
    ref: formatReference(name, version),
    name,
    version,
    digest: artifact.digest,
    verdict: judge(cases, status),
    status,
    error:
      outcome !== null && outcome.status !== 'ok'
        ? { message: outcome.message, stderr: outcome.stderr, case: at }
        : refused === undefined
          ? null
          : { message: refused.error ?? '', stderr: outcome?.stderr ?? '', case: refused.case },
    golden: { source: golden.source, digest: golden.digest, cases: golden.cases.length },
    cases,
    skippedOutputs: notCompared(signature, cases),
    testable: isTestable(signature),
    onnxruntime: ran?.onnxruntime ?? null,
    warnings: golden.warnings,
  };
}

function notCompared({ outputs }: Signature, cases: readonly TestCase[]): TestResult['skippedOutputs'] {
  const compared = new Set(cases.flatMap((one) => one.outputs.map(({ output }) => output)));
  return outputs
    .filter(({ name, type }) => {
      const isTensor = type.startsWith('tensor(') || type === 'unknown';
      return isTensor ? compared.size > 0 && !compared.has(name) : true;
    })
    .map(({ name, type }) => ({ name, type }));
}

function judge(cases: readonly TestCase[], status: TestStatus): TestResult['verdict'] {
  if (cases.some(({ match }) => match === false)) return 'fail';
  return status === 'ok' && cases.some(({ match }) => match === true) ? 'pass' : 'inconclusive';
}

function toCase({ outputs, ...rest }: GoldenCaseResult): TestCase {
  if (outputs === null) return { ...rest, match: null, worst: null, outputs: [] };
  const [furthest] = outputs
    .filter((one) => one.worst !== null)
    .toSorted((a, b) => (excess(a) > excess(b) ? -1 : excess(a) < excess(b) ? 1 : 0));
  const match = outputs.every((one) => one.match);
  if (!furthest?.worst) return { ...rest, match, worst: null, outputs };
  const { output, dtype, worst, atol, rtol } = furthest;
  return { ...rest, match, worst: { output, dtype, ...worst, atol, rtol }, outputs };
}

/** How many times its tolerance the worst element of an output is off; of one that does not match always more than of one that does. */
export function excess({ match, worst, atol, rtol }: OutputComparison): number {
  const ratio = Number(worst?.abs ?? NaN) / (atol + rtol * Math.abs(Number(worst?.expected)));
  if (match) return Math.min(1, ratio);
  return ratio > 1 ? ratio : Infinity;
}
