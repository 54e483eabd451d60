import type { Kysely } from 'kysely';
import {
  readResult,
  type Measurement,
  type MeasurementKind,
} from '../../../core/measurements/measurement.ts';
import type { ModelName } from '../../../core/versions/reference.ts';
import { measurementName } from '../../measurement-event.ts';
import type { MeasurementQuery } from '../../measurements.ts';
import type { Page } from '../../page.ts';
import { lastSeqBy } from '../events/event-times.ts';
import { damaged, parseStored } from '../stored-json.ts';
import { storedVersion } from '../versions/stored-version.ts';
import type { Tables } from '../tables.ts';
import { toPage, inOrder } from '../page.ts';
import { versionIdQuery } from '../versions/version-rows.ts';

type Db = Kysely<Tables>;

function measurementQuery(db: Db, kind: string) {
  return db
    .selectFrom('measurements')
    .innerJoin('versions', 'versions.id', 'measurements.version_id')
    .innerJoin('models', 'models.id', 'versions.model_id')
    .where('measurements.kind', '=', kind)
    .select(['measurements.id', 'measurements.kind', 'measurements.schema_version', 'measurements.seq'])
    .select(['measurements.at', 'measurements.fingerprint', 'measurements.status', 'measurements.result'])
    .select(['models.name', 'versions.version']);
}

type Row = Awaited<ReturnType<ReturnType<typeof measurementQuery>['execute']>>[number];

/** Without those of deleted versions. */
export function newestMeasurements(db: Db, kind: string, limit: number) {
  return measurementQuery(db, kind)
    .where('versions.deleted_at', 'is', null)
    .orderBy('measurements.seq', 'desc')
    .limit(limit);
}

/**
 * Indexes return the rows of a kind in order: all of them, those of a version, or those with a
 * fingerprint. Those of a model are filtered from all; the index contains the version of each.
 */
export async function selectMeasurements<Result extends object>(
  db: Db,
  kind: MeasurementKind<Result>,
  query: MeasurementQuery,
): Promise<Page<Measurement<Result>, number>> {
  const { model, version, fingerprint, before, limit } = query;
  let rows = newestMeasurements(db, kind.name, limit + 1);
  if (model !== undefined && version !== undefined)
    rows = rows.where('measurements.version_id', '=', versionIdQuery(db, model, version));
  else if (model !== undefined) rows = rows.where('models.name', '=', model);
  if (fingerprint !== undefined) rows = rows.where('measurements.fingerprint', '=', fingerprint);
  const { after, until } = await seqsOf(db, query);
  if (after !== undefined) rows = rows.where('measurements.seq', '>', after);
  if (until !== undefined) rows = rows.where('measurements.seq', '<=', until);
  if (before !== undefined) rows = rows.where('measurements.seq', '<', before);
  return toMeasurements(kind, query, await rows.execute());
}

/** A page of the rows of a query with a limit of `limit + 1`. */
export function toMeasurements<Result extends object>(
  kind: MeasurementKind<Result>,
  { before, limit }: MeasurementQuery,
  rows: Row[],
): Page<Measurement<Result>, number> {
  const page = toPage(inOrder(rows, seqOf, { from: before, way: 'down' }), limit, seqOf);
  return { ...page, rows: page.rows.map((row) => toMeasurement(kind, row)) };
}

const seqOf = ({ seq }: { seq: number }): number => seq;

/** The range of event numbers for a range of times. */
async function seqsOf(
  db: Db,
  { since, until, now }: MeasurementQuery,
): Promise<{ after?: number; until?: number }> {
  const by = (at: number): Promise<number> => lastSeqBy(db, { at, ...(now === undefined ? {} : { now }) });
  return {
    ...(since === undefined ? {} : { after: await by(since - 1) }),
    ...(until === undefined ? {} : { until: await by(until) }),
  };
}

export async function selectMeasurement<Result extends object>(
  db: Db,
  kind: MeasurementKind<Result>,
  id: string,
): Promise<Measurement<Result> | undefined> {
  const row = await measurementQuery(db, kind.name).where('measurements.id', '=', id).executeTakeFirst();
  return row && toMeasurement(kind, row);
}

export async function selectMeasurementIds(
  db: Db,
  { name }: { name: string },
  prefix: string,
  limit: number,
): Promise<string[]> {
  const rows = await db
    .selectFrom('measurements')
    .select('id')
    .where('kind', '=', name)
    .where('id', '>=', prefix)
    // No id has a character above `~`.
    .where('id', '<', `${prefix}~`)
    .orderBy('id')
    .limit(limit)
    .execute();
  return rows.map(({ id }) => id);
}

function toMeasurement<Result extends object>(kind: MeasurementKind<Result>, row: Row): Measurement<Result> {
  const { id, at, fingerprint, status, schema_version: schema } = row;
  // One flipped bit in a record's header turns text into bytes.
  if ([id, fingerprint, status].some((text: unknown) => typeof text !== 'string'))
    throw damaged(measurementName(kind.name, id));
  return {
    id,
    kind: kind.name,
    schema,
    model: row.name as ModelName,
    version: storedVersion(row.version),
    at,
    fingerprint,
    status,
    ...readResult(kind, parseStored(row.result, measurementName(kind.name, id)), schema),
  };
}
