import type { Kysely } from 'kysely';
import { goldenSetsOf, mostGoldenSets } from '../../../core/versions/golden-sets.ts';
import type { AddedGolden } from '../../../core/versions/version-record.ts';
import { hashOfJson } from '../../hash-chain.ts';
import type { AddGoldenOutcome, NewGolden } from '../../versions.ts';
import { wasCollected } from '../collection/collections.ts';
import { appendEvent, authored } from '../events/event-log.ts';
import type { Tables } from '../tables.ts';
import { livingVersion } from './living-version.ts';
import { insertArtifact } from './insert-version.ts';
import { exactVersion, toRecord } from './version-rows.ts';

type Db = Kysely<Tables>;

/** Adds a golden set under the write lock; the event has the hash of its listing. */
export async function addGolden(db: Db, input: NewGolden): Promise<AddGoldenOutcome> {
  if (await wasCollected(db, input)) return { outcome: 'collected' };
  const { name, version, artifact, self, cases, actor } = input;
  const row = await livingVersion(db, name, version);
  const record = toRecord(row);
  const sets = goldenSetsOf(record);
  const set = sets.find((one) => one.artifact.digest === artifact.digest);
  if (set !== undefined) return { outcome: 'exists', version: record, set };
  if (sets.length >= mostGoldenSets) return { outcome: 'full' };
  const { digest } = artifact;
  const event = await appendEvent(db, {
    ...authored(input),
    action: 'golden',
    model: name,
    version,
    stage: null,
    from: null,
    to: null,
    details: { digest, self, cases, facts: hashOfJson(artifact) },
  });
  await insertGolden(db, row.id, record.addedGolden.length, { artifact, self, at: event.at, actor });
  const changed = toRecord(await exactVersion(db, name, version).executeTakeFirstOrThrow());
  return { outcome: 'added', version: changed, event };
}

/** `position`: how many sets were added to the version before. */
export async function insertGolden(
  db: Db,
  versionId: number,
  position: number,
  { artifact, self, at, actor }: AddedGolden,
): Promise<void> {
  await insertArtifact(db, artifact);
  await db
    .insertInto('golden_sets')
    .values({
      version_id: versionId,
      position,
      digest: artifact.digest,
      self: self ? 1 : 0,
      at,
      actor,
    })
    .execute();
}
