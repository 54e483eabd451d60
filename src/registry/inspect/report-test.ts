import { formatReference } from '../../core/versions/reference.ts';
import type { Signature } from '../../core/versions/signature.ts';
import type { VersionRecord } from '../../core/versions/version-record.ts';
import { isTestable } from '../../onnx/feeds/feed-dtypes.ts';
import {
  type CheckedGolden,
  type GoldenCaseResult,
  caseName,
  casesOf,
} from '../../onnx/golden/golden-set.ts';
import type { GoldenOutcome } from '../golden/run-golden.ts';
import { type TestCase, type TestResult, type TestStatus, type TestedSet, excess } from './test-result.ts';

export interface GoldenRunFacts {
  /** At least one. */
  sets: (Pick<TestedSet, 'source' | 'digest' | 'self'> & CheckedGolden)[];
  /** Null: every case is skipped, so none ran. */
  outcome: GoldenOutcome | null;
}

export interface TestFacts extends GoldenRunFacts {
  record: VersionRecord;
  signature: Signature;
}

export function reportTest({ record, signature, ...run }: TestFacts): TestResult {
  const { name, version, artifact } = record;
  const { outcome } = run;
  const judged = judgeRun(run);
  const [first] = judged.goldenSets;
  if (first === undefined) throw new Error('no golden set was tested');
  return {
    ref: formatReference(name, version),
    name,
    version,
    digest: artifact.digest,
    ...judged,
    golden: {
      source: first.source === 'file' ? 'file' : 'registered',
      digest: first.digest,
      cases: first.cases,
    },
    skippedOutputs: notCompared(signature, judged.cases),
    testable: isTestable(signature),
    onnxruntime: outcome?.status === 'ok' ? outcome.value.onnxruntime : null,
    warnings: [...new Set(run.sets.flatMap(({ warnings }) => warnings))],
  };
}

/** What a run of golden sets showed. */
export type JudgedRun = Pick<TestResult, 'verdict' | 'status' | 'error' | 'goldenSets' | 'cases'>;

export function judgeRun({ sets, outcome }: GoldenRunFacts): JudgedRun {
  const ran = outcome?.status === 'ok' ? outcome.value : null;
  const cases = (ran?.cases ?? casesOf(sets).map((one) => ({ ...one, outputs: null }))).map(toCase);
  const refused = cases.find((one) => one.error !== undefined);
  const status = outcome !== null && outcome.status !== 'ok' ? outcome.status : refused ? 'error' : 'ok';
  const goldenSets = judgeSets(sets, cases, status);
  return {
    verdict: together(goldenSets),
    status,
    error:
      outcome !== null && outcome.status !== 'ok'
        ? { message: outcome.message, stderr: outcome.stderr, case: outcome.lastProgress?.case ?? null }
        : refused === undefined
          ? null
          : { message: refused.error ?? '', stderr: outcome?.stderr ?? '', case: caseName(refused) },
    goldenSets,
    cases,
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

/** The cases are those of the sets, one set after the other. */
function judgeSets(
  sets: GoldenRunFacts['sets'],
  cases: readonly TestCase[],
  status: TestStatus,
): TestedSet[] {
  let from = 0;
  return sets.map(({ source, digest, self, cases: { length } }) => {
    const own = cases.slice(from, (from += length));
    return { source, digest, self, cases: length, verdict: judge(own, status) };
  });
}

function together(sets: readonly TestedSet[]): TestResult['verdict'] {
  if (sets.some(({ verdict }) => verdict === 'fail')) return 'fail';
  return sets.every(({ verdict }) => verdict === 'pass') ? 'pass' : 'inconclusive';
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
