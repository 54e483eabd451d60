import { formatReference } from '../../core/versions/reference.ts';
import type { Signature } from '../../core/versions/signature.ts';
import type { VersionRecord } from '../../core/versions/version-record.ts';
import { isTestable } from '../../onnx/feeds/feed-dtypes.ts';
import type { GoldenCaseResult, CheckedCase } from '../../onnx/golden/golden-set.ts';
import type { GoldenProgress } from '../../runtime/child/golden-cases.ts';
import type { GoldenAnswer } from '../../runtime/child/golden-job.ts';
import type { JobOutcome } from '../../runtime/run-job.ts';
import { type TestCase, type TestResult, type TestStatus, excess } from './test-result.ts';

export interface TestFacts {
  record: VersionRecord;
  signature: Signature;
  golden: { source: 'registered' | 'file'; digest: string | null; cases: CheckedCase[]; warnings: string[] };
  /** Null: every case is skipped, so none ran. */
  outcome: Exclude<JobOutcome<GoldenAnswer, GoldenProgress>, { status: 'no-runtime' }> | null;
}

export function reportTest({ record, signature, golden, outcome }: TestFacts): TestResult {
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
        ? { message: outcome.message, stderr: outcome.stderr, case: outcome.lastProgress?.case ?? null }
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
