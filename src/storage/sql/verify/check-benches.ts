import type { Kysely } from 'kysely';
import { verdictOfBench } from '../../../core/events/gate-result.ts';
import { benchHash } from '../../hash-chain.ts';
import type { Report } from './row-problem.ts';
import { toEvent } from '../event-log.ts';
import { inOrder } from './in-order.ts';
import { parseStored } from '../stored-json.ts';
import type { Tables } from '../tables.ts';

type Db = Kysely<Tables>;

const slice = 20;

/** Every bench against the event that recorded it, and every such event against the benches. */
export async function checkBenches(db: Db, report: Report): Promise<void> {
  for (let after = ''; ;) {
    const rows = await db
      .selectFrom('benches')
      .innerJoin('versions', 'versions.id', 'benches.version_id')
      .innerJoin('models', 'models.id', 'versions.model_id')
      .innerJoin('events', 'events.seq', 'benches.seq')
      .selectAll('benches')
      .select(['models.name', 'versions.version'])
      .select(['events.action', 'events.model', 'events.stage', 'events.body', 'events.hash'])
      .select(['events.at as recorded_at', 'events.version as recorded_version'])
      .where('benches.id', '>', after)
      .orderBy('benches.id')
      .limit(slice)
      .execute();
    if (rows.length === 0) break;
    inOrder(rows, ({ id }) => id, { from: after, way: 'up' });
    for (const { id, seq, at, status, fingerprint, result, samples, name, version, ...row } of rows) {
      after = id;
      const { recorded_at: recordedAt, recorded_version: recordedVersion, ...columns } = row;
      const event = toEvent({ ...columns, seq, at: recordedAt, version: recordedVersion });
      const { details } = event;
      const stored = { result: parseStored(result, `benchmark ${id}`) as object };
      const sound =
        details['bench'] === id &&
        details['status'] === status &&
        details['fingerprint'] === fingerprint &&
        details['result'] === benchHash(stored, samples) &&
        // Events of earlier versions have none.
        (details['verdict'] === undefined || details['verdict'] === verdictOfBench(stored.result)) &&
        event.at === at &&
        event.model === name &&
        event.version === version;
      if (!sound) report(`benchmark ${id}`, 'it does not match its event');
    }
  }
  const missing = await db
    .selectFrom('events')
    .leftJoin('benches', 'benches.seq', 'events.seq')
    .where('events.action', '=', 'bench')
    .where('benches.id', 'is', null)
    .selectAll('events')
    .execute();
  for (const { model, version, details } of missing.map(toEvent))
    report(
      `benchmark ${String(details['bench'])}`,
      `it was recorded for ${model}@${version}, but its row is missing`,
    );
}
