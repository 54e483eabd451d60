import type { RegistryEvent } from '../events/event.ts';
import type { GateResult } from '../events/gate-result.ts';
import { describeAmendment, type MetricAmendment } from './amendments.ts';
import { formatReference } from './reference.ts';
import { hexOf } from './artifact.ts';
import type { VersionRecord } from './version-record.ts';

/**
 * in-toto Statement v1: an unsigned claim about the artifacts in `subject`.
 * https://github.com/in-toto/attestation/tree/main/spec/v1
 */
export type Statement = TestResult | Promotion;
type TestResult = ReturnType<typeof testResultOf>;
type Promotion = ReturnType<typeof promotionOf>;

/** The members of in-toto's ResourceDescriptor that a subject has. */
interface Subject {
  name: string;
  digest: { sha256: string };
}

export const predicates = ['test-result', 'promotion'] as const;
export type PredicateKind = (typeof predicates)[number];

export const predicateTypes = {
  'test-result': 'https://in-toto.io/attestation/test-result/v0.1',
  /** Simple Verification Result, for a promotion through gates. */
  promotion: 'https://in-toto.io/attestation/svr/v0.1',
} as const satisfies Record<PredicateKind, string>;

/** An attempt to promote a version, made or refused, and what it was judged by. */
export interface JudgedAttempt {
  record: VersionRecord;
  /** Id of the registry. */
  registry: string;
  /** `promote` or `blocked`. */
  event: RegistryEvent;
  gates: GateResult[];
  /**
   * The policy in force at that time: the event that applied it, and the SHA-256 of its canonical
   * JSON, in hex. Null if there was none.
   */
  policy: { seq: number; sha256: string } | null;
  /** The last change of each metric of the version between its registration and the attempt. */
  amendments: MetricAmendment[];
}

/** The statement of that kind about an attempt; null for a refusal, which is no promotion. */
export function statementOf(kind: PredicateKind, attempt: JudgedAttempt): Statement | null {
  if (kind === 'promotion' && attempt.event.action !== 'promote') return null;
  return kind === 'promotion' ? promotionOf(attempt) : testResultOf(attempt);
}

const ofStatement = { _type: 'https://in-toto.io/Statement/v1' } as const;

/** The manifest, whose digest is the version's, and every file that it lists. */
function subjectOf({ name, version, artifact }: VersionRecord): Subject[] {
  const files = artifact.files.map(({ path, digest }) => ({ name: path, digest: { sha256: hexOf(digest) } }));
  return [
    { name: formatReference(name, version), digest: { sha256: hexOf(artifact.digest) } },
    ...files.toSorted((a, b) => (a.name < b.name ? -1 : 1)),
  ];
}

/**
 * An inconclusive gate counts as failed: it blocks, and must not look like a pass with a warning.
 * So the result is never WARNED.
 */
function testResultOf(attempt: JudgedAttempt) {
  const { record, gates } = attempt;
  const failed = gates.filter(({ verdict }) => verdict !== 'pass');
  const result: 'PASSED' | 'FAILED' | 'WARNED' = failed.length === 0 ? 'PASSED' : 'FAILED';
  const warnedTests: string[] = [];
  return {
    ...ofStatement,
    subject: subjectOf(record),
    predicateType: predicateTypes['test-result'],
    predicate: {
      result,
      configuration: configurationOf(attempt),
      passedTests: passedOf(gates),
      warnedTests,
      failedTests: failed.map(({ gate }) => gate),
      mlreg: { ...attemptOf(attempt), gates },
    },
  };
}

function promotionOf(attempt: JudgedAttempt) {
  const { record, registry, gates, event } = attempt;
  const [policy] = configurationOf(attempt);
  return {
    ...ofStatement,
    subject: subjectOf(record),
    predicateType: predicateTypes.promotion,
    predicate: {
      verifier: { id: `urn:uuid:${registry}`, ...(policy === undefined ? {} : { policy }) },
      timeCreated: new Date(event.at).toISOString(),
      properties: [`mlreg:promoted:${event.stage}`, ...passedOf(gates).map((gate) => `mlreg:gate:${gate}`)],
      mlreg: { ...attemptOf(attempt), gates },
    },
  };
}

function passedOf(gates: readonly GateResult[]): string[] {
  return gates.filter(({ verdict }) => verdict === 'pass').map(({ gate }) => gate);
}

function configurationOf({ policy }: JudgedAttempt) {
  if (policy === null) return [];
  const { seq, sha256 } = policy;
  const named = { name: 'policy', mediaType: 'application/json' } as const;
  return [{ ...named, digest: { sha256 }, annotations: { event: seq } }];
}

/**
 * What both predicates add to their specifications. `event` ties the statement to the registry's
 * chain, whose head a checkpoint stores.
 */
function attemptOf({ registry, record, event, amendments }: JudgedAttempt) {
  const { action, stage, from, to, actor, at, message, seq, hash, details } = event;
  const promoted = action === 'promote';
  const { overridden, holder, generation } = details;
  const holding = typeof holder === 'string' ? holder : null;
  return {
    registry,
    ref: formatReference(record.name, record.version),
    stage: stage ?? '',
    outcome: promoted ? ('promoted' as const) : ('blocked' as const),
    // For a refusal, the holder that stayed.
    from: promoted ? from : holding,
    to: promoted ? to : holding,
    ...(typeof generation === 'number' ? { generation } : {}),
    overridden: Array.isArray(overridden) ? overridden.map(String) : [],
    actor,
    message,
    at: new Date(at).toISOString(),
    event: { seq, hash },
    ...(amendments.length === 0 ? {} : { amended: amendments.map(amendmentOf) }),
  };
}

function amendmentOf(amendment: MetricAmendment) {
  return { ...amendment, at: new Date(amendment.at).toISOString(), text: describeAmendment(amendment) };
}
