import {
  comparisonKind,
  evaluationKind,
  type StoredEvaluation,
} from '../../../core/measurements/evaluation.ts';
import type { Measurement } from '../../../core/measurements/measurement.ts';
import type { VersionRecord } from '../../../core/versions/version-record.ts';
import type { SavedComparison } from '../../../gates/kinds/comparison.ts';
import type { EvaluationEvidence } from '../../../gates/kinds/evaluation.ts';
import { requireRecorded } from '../../recorded-measurement.ts';
import type { Registry } from '../../registry.ts';
import type { Round } from './round.ts';

/** How many of a version's latest evaluations are searched for one of a data set. */
const lookedAt = 200;

/** The latest saved evaluation of a version on a data set: see `EvaluationEvidence`. */
export async function findEvaluation(
  { registry }: Pick<Round, 'registry'>,
  ...[{ name, version }, { as, fingerprint }]: Parameters<EvaluationEvidence['evaluation']>
): ReturnType<EvaluationEvidence['evaluation']> {
  const { rows } = await registry.metadata.measurements(evaluationKind, {
    model: name,
    version,
    ...(fingerprint === undefined ? {} : { fingerprint }),
    limit: lookedAt,
  });
  const readable = rows.filter((row) => row.result !== undefined);
  const found = fingerprint === undefined ? ofDataSet(readable, as) : readable[0];
  if (found === undefined || 'names' in found || found.result === undefined)
    return found !== undefined && 'names' in found ? found : undefined;
  const { id, fingerprint: on, result } = found;
  return { id, fingerprint: on, result, ageMs: await ageOf(registry, found) };
}

/** The latest of a data set. Without a name: of that without one, or of the only one. */
function ofDataSet(
  rows: readonly Measurement<StoredEvaluation>[],
  as: string | null,
): Measurement<StoredEvaluation> | { names: string[] } | undefined {
  const own = rows.find(({ result }) => result?.as === as);
  if (own !== undefined || as !== null) return own;
  const names = [...new Set(rows.map(({ result }) => result?.as ?? ''))];
  return names.length > 1 ? { names } : rows[0];
}

/** The latest saved comparison of the candidate with `holder`, in either direction. */
export async function findComparison(
  { registry, candidate }: Pick<Round, 'registry' | 'candidate'>,
  holder: VersionRecord,
): Promise<SavedComparison | undefined> {
  const of = async (one: VersionRecord, other: VersionRecord) => {
    const { name: model, version } = one;
    const { rows } = await registry.metadata.measurements(comparisonKind, {
      model,
      version,
      limit: lookedAt,
    });
    return rows.find(
      ({ result }) =>
        result?.candidate.digest === one.artifact.digest && result.baseline.digest === other.artifact.digest,
    );
  };
  const both = [await of(candidate, holder), await of(holder, candidate)];
  const ages = await Promise.all(
    both.flatMap((found) => (found?.result === undefined ? [] : [aged(registry, found, found.result)])),
  );
  return ages.toSorted((a, b) => b.seq - a.seq)[0];
}

async function aged(
  registry: Registry,
  measurement: Measurement<SavedComparison['result']>,
  result: SavedComparison['result'],
): Promise<SavedComparison & { seq: number }> {
  const event = await requireRecorded(registry, measurement, 'compare again with --save');
  return { id: measurement.id, seq: event.seq, ageMs: await ageOfEvent(registry, event), result };
}

async function ageOf(registry: Registry, measurement: Measurement<StoredEvaluation>): Promise<number | null> {
  return ageOfEvent(registry, await requireRecorded(registry, measurement, 'evaluate again with --save'));
}

/** Null if the clock was wrong. */
async function ageOfEvent(
  registry: Registry,
  event: Awaited<ReturnType<typeof requireRecorded>>,
): Promise<number | null> {
  const now = registry.now();
  const { at, trusted } = await registry.metadata.timeOf({ event, now });
  return trusted ? Math.max(0, now - at) : null;
}
