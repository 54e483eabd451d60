import type { Kysely } from 'kysely';
import { isRecordedBy, measurementName, recordedId } from '../../measurement-event.ts';
import { toEvent } from '../events/event-log.ts';
import { parseStored } from '../stored-json.ts';
import type { Tables } from '../tables.ts';
import { inOrder } from '../page.ts';
import type { Report } from './row-problem.ts';

type Db = Kysely<Tables>;

const slice = 20;

/**
 * Compares every measurement with the event that recorded it, and every such event with the
 * measurements.
 */
export async function checkMeasurements(db: Db, report: Report): Promise<void> {
  for (let after = ''; ;) {
    const rows = await db
      .selectFrom('measurements')
      .innerJoin('versions', 'versions.id', 'measurements.version_id')
      .innerJoin('models', 'models.id', 'versions.model_id')
      .innerJoin('events', 'events.seq', 'measurements.seq')
      .selectAll('measurements')
      .select(['models.name', 'versions.version'])
      .select(['events.action', 'events.model', 'events.stage', 'events.body', 'events.hash'])
      .select(['events.at as recorded_at', 'events.version as recorded_version'])
      .where('measurements.id', '>', after)
      .orderBy('measurements.id')
      .limit(slice)
      .execute();
    if (rows.length === 0) break;
    inOrder(rows, ({ id }) => id, { from: after, way: 'up' });
    for (const row of rows) {
      const { id, kind, schema_version: schema, seq, at, status, fingerprint, samples } = row;
      after = id;
      const { action, model, stage, body, hash, recorded_at: recordedAt, recorded_version: of } = row;
      const event = toEvent({ seq, at: recordedAt, action, model, version: of, stage, body, hash });
      const result = parseStored(row.result, measurementName(kind, id));
      const sound =
        isRecordedBy(event, { id, kind, schema, fingerprint, status, result, samples }) &&
        event.at === at &&
        event.model === row.name &&
        event.version === row.version;
      if (!sound) report(measurementName(kind, id), 'it does not match its event');
    }
  }
  const missing = await db
    .selectFrom('events')
    .leftJoin('measurements', 'measurements.seq', 'events.seq')
    .where('events.action', 'in', ['bench', 'measure'])
    .where('measurements.id', 'is', null)
    .selectAll('events')
    .execute();
  for (const event of missing.map(toEvent)) {
    const { action, model, version, details } = event;
    const kind = action === 'bench' ? action : details['kind'];
    report(
      measurementName(kind, recordedId(event)),
      `it was recorded for ${model}@${version}, but its row is missing`,
    );
  }
}
