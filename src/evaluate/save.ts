import { createHash, randomUUID } from 'node:crypto';
import { canonicalJson } from '../core/json/canonical.ts';
import type { MeasurementKind } from '../core/measurements/measurement.ts';
import {
  comparisonKind,
  evaluationKind,
  type EvaluationTask,
  type StoredComparison,
  type StoredEvaluation,
} from '../core/measurements/evaluation.ts';
import type { VersionRecord } from '../core/versions/version-record.ts';
import { authorship, type Registry } from '../registry/registry.ts';
import type { EvaluationReport, Saved } from './evaluation.ts';

/** Stores an evaluation beside its version. */
export function saveEvaluation(
  registry: Registry,
  record: VersionRecord,
  report: EvaluationReport,
): Promise<Saved> {
  return save(registry, record, evaluationKind, { ...report } satisfies StoredEvaluation);
}

/** Stores a comparison beside its candidate. */
export function saveComparison(
  registry: Registry,
  candidate: VersionRecord,
  report: StoredComparison,
): Promise<Saved> {
  return save(registry, candidate, comparisonKind, report);
}

async function save<Result extends Pick<StoredEvaluation, 'data' | 'task'>>(
  registry: Registry,
  { name: model, version }: VersionRecord,
  kind: MeasurementKind<Result>,
  result: Result,
): Promise<Saved> {
  const id = randomUUID();
  const event = await registry.metadata.addMeasurement(kind, {
    id,
    model,
    version,
    fingerprint: fingerprintOf(result.data, result.task),
    status: 'ok',
    result,
    samples: new Uint8Array(),
    ...authorship(registry, undefined),
  });
  return { id, event: event.seq };
}

/** Only evaluations with the same data, target and task can be compared. */
function fingerprintOf({ digest, target }: StoredEvaluation['data'], task: EvaluationTask): string {
  const about = canonicalJson({ data: digest, target, task });
  return createHash('sha256').update(about).digest('hex').slice(0, 16);
}
