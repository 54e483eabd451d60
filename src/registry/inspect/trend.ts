import { currentMetadata } from '../../core/versions/amendments.ts';
import { MlregError } from '../../core/errors.ts';
import { metricDirection, type Direction } from '../../core/metadata/metric-direction.ts';
import type { ModelName, StageName } from '../../core/versions/reference.ts';
import { quote } from '../../core/text/quote.ts';
import { keyMetrics } from '../../core/metadata/key-metrics.ts';
import type { Version } from '../../core/versions/version.ts';
import type { VersionRecord } from '../../core/versions/version-record.ts';
import { metricDirections } from '../stored-policy.ts';
import type { Registry } from '../registry.ts';
import { requireModel, requireStage } from '../resolve.ts';

export interface TrendInput {
  name: ModelName;
  /** Absent: the most informative one. */
  metric?: string;
  /** The stage whose holders are marked. Absent: the last declared stage. */
  stage?: StageName;
  /** How many of the highest versions to show. */
  limit: number;
}

export interface TrendPoint {
  version: Version;
  /** Null: the version has no such metric. */
  value: number | null;
  /** Epoch milliseconds. */
  createdAt: number;
  yanked: boolean;
  /** Whether it holds the stage now, or held it within the last `eventsRead` moves; null: no. */
  held: 'now' | 'before' | null;
}

export interface Trend {
  name: ModelName;
  metric: string;
  /** Null: it is not known whether higher or lower is better. */
  direction: Direction | null;
  /** Null: no stage is declared. */
  stage: StageName | null;
  /** Lowest version first. */
  points: TrendPoint[];
  /** There are versions below those shown. */
  more: boolean;
}

const moves = ['promote', 'demote', 'rollback'] as const;
/** How many moves of a stage are searched for earlier holders. */
const eventsRead = 1000;

/** One metric across the versions of a model. INVALID_INPUT for a metric that none of them has. */
export async function trend(registry: Registry, input: TrendInput): Promise<Trend> {
  const { name, limit } = input;
  await requireModel(registry, name);
  if (input.stage !== undefined) await requireStage(registry, input.stage);
  const stage = input.stage ?? (await registry.metadata.stages()).at(-1) ?? null;
  const { rows, next } = await registry.metadata.versions({ name, limit, yanked: true });
  const metric = chooseMetric(rows, input.metric, name);
  const holders = stage === null ? null : await holdersOf(registry, name, stage);
  return {
    name,
    metric,
    direction: metricDirection(metric, await metricDirections(registry)),
    stage,
    points: rows.toReversed().map((record) => {
      const value = metricsOf(record)[metric];
      const { version, createdAt, yanked } = record;
      const held = version === holders?.now ? 'now' : holders?.ever.has(version) === true ? 'before' : null;
      return { version, value: value ?? null, createdAt, yanked: yanked !== null, held };
    }),
    more: next !== undefined,
  };
}

function metricsOf(record: VersionRecord): Record<string, number> {
  return Object.assign(Object.create(null) as Record<string, number>, currentMetadata(record).metrics);
}

function chooseMetric(records: VersionRecord[], asked: string | undefined, name: ModelName): string {
  const known = keyMetrics(records.map((record) => currentMetadata(record).metrics ?? {}));
  const [first] = known;
  if (first === undefined) {
    throw new MlregError('INVALID_INPUT', `no version of ${name} has a metric`, {
      hint: 'register with --metric auc=0.93, or add one: mlreg describe REF --metric auc=0.93',
    });
  }
  if (asked === undefined || known.includes(asked)) return asked ?? first;
  throw new MlregError('INVALID_INPUT', `no version of ${name} has the metric ${quote(asked)}`, {
    hint: `its metrics: ${known.slice(0, 10).map(quote).join(', ')}`,
  });
}

async function holdersOf(
  { metadata }: Registry,
  name: ModelName,
  stage: StageName,
): Promise<{ now: Version | null; ever: Set<string> }> {
  const { version } = await metadata.pointer(name, stage);
  const events = await metadata.events({ model: name, stage, actions: moves, limit: eventsRead });
  return { now: version, ever: new Set(events.flatMap(({ to }) => to ?? [])) };
}
