import type { Kysely } from 'kysely';
import { verdictOfBench } from '../../core/events/gate-result.ts';
import type { BenchRecord } from '../../core/versions/version-record.ts';
import type { Authorship } from '../events.ts';
import { benchHash } from '../hash-chain.ts';
import type { MeasurementStore } from '../measurements.ts';
import { selectBench, selectBenches, selectBenchIds, selectBenchPage } from './bench-rows.ts';
import { appendEvent, authored } from './event-log.ts';
import { livingVersion } from './living-version.ts';
import type { Session } from './session.ts';
import type { Tables } from './tables.ts';

type Db = Kysely<Tables>;

export function sqlMeasurementStore({ db, read, write }: Session): MeasurementStore {
  return {
    addBench: (input) => write(input, addBench),
    benches: (name, version, limit) => selectBenches(db, name, version, limit),
    benchPage: (query) => read((trx) => selectBenchPage(trx, query)),
    bench: (id) => selectBench(db, id),
    benchIds: (prefix, limit) => selectBenchIds(db, prefix, limit),
    benchSamples: async (id) => {
      const row = await db.selectFrom('benches').where('id', '=', id).select('samples').executeTakeFirst();
      return row?.samples;
    },
  };
}

async function addBench(
  db: Db,
  { bench, samples, ...author }: Authorship & { bench: BenchRecord; samples: Uint8Array },
): Promise<void> {
  const { id, model, version, status, fingerprint, result } = bench;
  const { id: versionId } = await livingVersion(db, model, version);
  const event = await appendEvent(db, {
    ...authored(author),
    action: 'bench',
    model,
    version,
    stage: null,
    from: null,
    to: null,
    details: {
      bench: id,
      status,
      fingerprint,
      verdict: verdictOfBench(result),
      result: benchHash(bench, samples),
    },
  });
  const row = { id, version_id: versionId, seq: event.seq, at: event.at, fingerprint, status, samples };
  await db
    .insertInto('benches')
    .values({ ...row, result: JSON.stringify(result) })
    .execute();
}
