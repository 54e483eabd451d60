import { currentMetadata, latestOfEach, type MetricAmendment } from '../../core/versions/amendments.ts';
import { gatesOf } from '../../core/events/event.ts';
import type { GateResult } from '../../core/events/gate-result.ts';
import type { Directions } from '../../core/metadata/metric-direction.ts';
import type { Metadata } from '../../core/metadata/metadata.ts';
import { formatReference, type Reference, type StageName } from '../../core/versions/reference.ts';
import type { ModelFacts } from '../../core/versions/model-facts.ts';
import type { VersionRecord } from '../../core/versions/version-record.ts';
import { benchKind, benchRecord, type BenchRecord } from '../../core/measurements/bench.ts';
import {
  evaluationKind,
  evaluationRecords,
  type EvaluationRecord,
} from '../../core/measurements/evaluation.ts';
import { profileKind, type ProfileRecord } from '../../core/measurements/profile.ts';
import { amendmentsOf } from '../versions/amendments.ts';
import type { Registry } from '../registry.ts';
import { resolve } from '../resolve.ts';

export interface ShowResult {
  ref: string;
  record: VersionRecord;
  /** What is said about the model as a whole. */
  model: ModelFacts;
  /** The current metadata; `record.metadata` is from registration. */
  metadata: Metadata;
  /** The last change of each metric after registration, in the order of the events. */
  amendments: MetricAmendment[];
  /** Stages that point at the version. */
  stages: StageName[];
  /** Since when each stage points at it, epoch milliseconds. */
  since: Record<string, number>;
  /** Latest first. */
  benches: BenchRecord[];
  /** Latest first. */
  evaluations: EvaluationRecord[];
  /** The latest one; null: none is stored. */
  profile: ProfileRecord | null;
  /** What the gates of its promotions found, including blocked ones; latest first. */
  gates: PromotionGate[];
  /** References to the versions made from this one. */
  children: string[];
}

export interface PromotionGate extends GateResult {
  stage: string;
  /** Epoch milliseconds. */
  at: number;
  /** `blocked`: the gates refused the promotion. */
  action: 'promote' | 'blocked';
  /** Sequence number of the event that records it. */
  event: number;
}

const promotionsLookedAt = 20;
const measurementsShown = 20;

/** What only the page for people shows in addition. */
export interface ShowAround {
  /** The version before this one, to compare with; undefined if there is none or it was deleted. */
  previous: VersionRecord | undefined;
  /**
   * Samples of the latest bench that has a measurement, encoded by bench/report/sample-codec.ts.
   */
  samples: Uint8Array | undefined;
  /** Which direction is better for each metric, by the policy. */
  directions: Directions;
}

/** Everything known about a version. */
export async function show(registry: Registry, reference: Reference): Promise<ShowResult> {
  const record = await resolve(registry, reference);
  const { name, version } = record;
  const pointers = await registry.metadata.pointers(name);
  const held = pointers.filter((pointer) => pointer.version === version);
  const latest = { model: name, version, limit: measurementsShown };
  const { rows } = await registry.metadata.measurements(benchKind, latest);
  const evaluations = await registry.metadata.measurements(evaluationKind, latest);
  return {
    ref: formatReference(name, version),
    record,
    model: await registry.metadata.modelFacts(name),
    metadata: currentMetadata(record),
    amendments: latestOfEach(await amendmentsOf(registry, record)),
    stages: held.map(({ stage }) => stage),
    since: Object.fromEntries(held.map(({ stage, since }) => [stage, since])),
    benches: rows.map(benchRecord),
    evaluations: evaluationRecords(evaluations.rows),
    profile: await latestProfile(registry, record),
    gates: await gatesOfPromotions(registry, record),
    children: await registry.metadata.children(name, version),
  };
}

async function latestProfile({ metadata }: Registry, { name, version }: VersionRecord) {
  const { rows } = await metadata.measurements(profileKind, { model: name, version, limit: 1 });
  const [latest] = rows;
  // A newer mlreg may have stored one that this one cannot read.
  return latest?.result === undefined ? null : { id: latest.id, at: latest.at, result: latest.result };
}

async function gatesOfPromotions(
  { metadata }: Registry,
  { name, version }: VersionRecord,
): Promise<PromotionGate[]> {
  const events = await metadata.events({
    model: name,
    version,
    actions: ['promote', 'blocked'],
    limit: promotionsLookedAt,
  });
  return events.flatMap((event) =>
    gatesOf(event).map((gate) => ({
      ...gate,
      stage: event.stage ?? '',
      at: event.at,
      action: event.action === 'blocked' ? 'blocked' : 'promote',
      event: event.seq,
    })),
  );
}

/** Separate from `show`, so that only the page for people pays for it. */
export async function lookAround(registry: Registry, { record, benches }: ShowResult): Promise<ShowAround> {
  const { metadata } = registry;
  const { name, previous } = record;
  // Loaded only for the page for people.
  const { metricDirections } = await import('../stored-policy.ts');
  const before = previous === null ? undefined : await metadata.version(name, previous);
  const bench = benches.find(({ status }) => status === 'ok');
  return {
    previous: before?.deletedAt === null ? before : undefined,
    samples: bench === undefined ? undefined : await metadata.samples(bench.id),
    directions: await metricDirections(registry),
  };
}
