import type { Kysely } from 'kysely';
import { MlregError } from '../../../core/errors.ts';
import type { RegistryEvent } from '../../../core/events/event.ts';
import { sortKey } from '../../../core/versions/version.ts';
import { readResult, type MeasurementKind } from '../../../core/measurements/measurement.ts';
import type { Authorship } from '../../events.ts';
import { actionOf, measurementDetails } from '../../measurement-event.ts';
import type { MeasurementQuery, MeasurementStore, NewMeasurement } from '../../measurements.ts';
import { appendEvent, authored } from '../events/event-log.ts';
import { livingVersion } from '../versions/living-version.ts';
import { newestOfVersion } from '../fixed-queries.ts';
import {
  selectMeasurement,
  selectMeasurementIds,
  selectMeasurements,
  toMeasurements,
} from './measurement-rows.ts';
import type { Session } from '../session.ts';
import type { Tables } from '../tables.ts';

type Db = Kysely<Tables>;

export function sqlMeasurementStore({ db, rows, read, write }: Session): MeasurementStore {
  return {
    addMeasurement: (kind, input) => write(input, (trx) => insertMeasurement(trx, kind, input)),
    measurements: async (kind, query) => {
      const ofVersion = asNewestOfVersion(kind, query);
      return ofVersion === undefined
        ? read((trx) => selectMeasurements(trx, kind, query))
        : toMeasurements(kind, query, await rows(newestOfVersion, ofVersion));
    },
    measurement: (kind, id) => selectMeasurement(db(), kind, id),
    measurementIds: (kind, prefix, limit) => selectMeasurementIds(db(), kind, prefix, limit),
    samples: async (id) => {
      const row = await db()
        .selectFrom('measurements')
        .where('id', '=', id)
        .select('samples')
        .executeTakeFirst();
      return row?.samples;
    },
  };
}

/** The parameters of `newestOfVersion`, if it answers the query. */
function asNewestOfVersion({ name: kind }: { name: string }, query: MeasurementQuery) {
  const { model: name, version, limit, ...others } = query;
  const isWhole = Object.values(others).every((other) => other === undefined);
  if (name === undefined || version === undefined || !isWhole) return undefined;
  return { kind, name, version, key: sortKey(version), limit: limit + 1 };
}

async function insertMeasurement<Result extends object>(
  db: Db,
  kind: MeasurementKind<Result>,
  {
    id,
    model,
    version,
    fingerprint,
    status,
    result,
    samples,
    ...author
  }: Authorship & NewMeasurement<Result>,
): Promise<RegistryEvent> {
  const { name, schema } = kind;
  const { unreadable } = readResult(kind, result, schema);
  if (unreadable !== undefined)
    throw new MlregError('INVALID_INPUT', `invalid result of kind ${name}: ${unreadable}`, {
      hint: 'nothing was stored',
    });
  const { id: versionId } = await livingVersion(db, model, version);
  const stored = { id, kind: name, schema, fingerprint, status, result, samples };
  const event = await appendEvent(db, {
    ...authored(author),
    action: actionOf(name),
    model,
    version,
    stage: null,
    from: null,
    to: null,
    details: { ...measurementDetails(stored), ...kind.summary?.(result) },
  });
  await db
    .insertInto('measurements')
    .values({
      id,
      kind: name,
      schema_version: schema,
      version_id: versionId,
      seq: event.seq,
      at: event.at,
      fingerprint,
      status,
      result: JSON.stringify(result),
      samples,
    })
    .execute();
  return event;
}
