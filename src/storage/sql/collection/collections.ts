import { sql, type Kysely } from 'kysely';
import { clockTolerance, type RegistryEvent } from '../../../core/events/event.ts';
import type { Digest } from '../../../core/versions/artifact.ts';
import type { ModelName } from '../../../core/versions/reference.ts';
import type { Authorship } from '../../events.ts';
import { appendEvent, authored, toEvent } from '../events/event-log.ts';
import { ownClock, selectCorrections, timeOfEvent } from '../events/event-times.ts';
import { neededAmong } from './needed-blobs.ts';
import { storedVersion } from '../versions/stored-version.ts';
import type { Tables } from '../tables.ts';
import { exactVersion } from '../versions/version-rows.ts';

type Db = Kysely<Tables>;

/** Odd while a collection is running: see `CollectionStore`. */
export async function selectCollections(db: Db): Promise<number> {
  return (await db.selectFrom('registry').select('collections').executeTakeFirstOrThrow()).collections;
}

export function isUnderWay(collections: number): boolean {
  return collections % 2 === 1;
}

/**
 * Whether blobs may have been removed since `ifCollections` was read: see
 * `NewVersion.ifCollections`. Call it before any row is written that needs blobs.
 */
export async function wasCollected(db: Db, { ifCollections }: { ifCollections: number }): Promise<boolean> {
  const collections = await selectCollections(db);
  return collections !== ifCollections || isUnderWay(collections);
}

async function countUp(db: Db): Promise<void> {
  await db
    .updateTable('registry')
    .set({ collections: sql`collections + 1` })
    .execute();
}

export async function selectUnneeded(db: Db, digests: readonly Digest[]): Promise<Digest[]> {
  const needed = await neededAmong(db, digests);
  return digests.filter((digest) => !needed.has(digest));
}

/**
 * The blobs of versions whose deletion happened after `since` (epoch milliseconds), or was recorded
 * after the event `afterSeq`. Clocks later than `now` are not trusted: a deletion with such a clock
 * counts as happening now.
 */
export async function selectBlobsOfDeleted(
  db: Db,
  { since, now = Number.MAX_SAFE_INTEGER, afterSeq }: { since?: number; now?: number; afterSeq?: number },
): Promise<Digest[]> {
  const deletions = db.selectFrom('events').where('action', '=', 'delete').selectAll();
  const after = afterSeq === undefined ? deletions : deletions.where('seq', '>', afterSeq);
  // A clock that was behind says nothing about the time: the event's time in the chain is only that
  // of an earlier event.
  const behind = sql<boolean>`${ownClock(db)} < at - ${sql.lit(clockTolerance)}`;
  const events =
    since === undefined
      ? await after.execute()
      : [
          ...(await after.where('at', '>', since).execute()),
          ...(await after.where('at', '<=', since).where(behind).execute()),
        ];
  const digests = new Set<string>();
  const corrections = since === undefined ? [] : await selectCorrections(db);
  for (const event of events.map(toEvent)) {
    if (since !== undefined && (await timeOfEvent(db, event, now, corrections)).at <= since) continue;
    const { model, version } = event;
    const row = await exactVersion(db, model as ModelName, storedVersion(version ?? '')).executeTakeFirst();
    if (row === undefined) continue;
    const added = await db
      .selectFrom('golden_sets')
      .where('version_id', '=', row.id)
      .select('digest')
      .execute();
    for (const artifact of [row.digest, row.golden, ...added.map((set) => set.digest)])
      if (artifact !== null) for (const digest of await blobsOfArtifact(db, artifact)) digests.add(digest);
  }
  return [...digests] as Digest[];
}

async function blobsOfArtifact(db: Db, artifact: string): Promise<string[]> {
  const rows = await db
    .selectFrom('artifacts')
    .leftJoin('artifact_files', 'artifact_files.artifact_digest', 'artifacts.digest')
    .where('artifacts.digest', '=', artifact)
    .select(['artifacts.digest', 'artifacts.config_digest', 'artifact_files.blob_digest'])
    .execute();
  return rows.flatMap((row) => [
    row.digest,
    row.config_digest,
    ...(row.blob_digest ? [row.blob_digest] : []),
  ]);
}

/**
 * See `CollectionStore.beginCollection`. From its commit until the end of the collection, no
 * version can be registered.
 */
export async function beginCollection(
  db: Db,
  { digests, afterSeq }: { digests: readonly Digest[]; afterSeq: number },
): Promise<Digest[]> {
  const deletedSince = new Set(await selectBlobsOfDeleted(db, { afterSeq }));
  const unneeded = (await selectUnneeded(db, digests)).filter((digest) => !deletedSince.has(digest));
  // One is already running if a collector died in it and nobody has registered since: continue it.
  if (unneeded.length > 0 && !isUnderWay(await selectCollections(db))) await countUp(db);
  return unneeded;
}

/**
 * See `CollectionStore.endCollection`; without `taken`, ends the collection of a collector that
 * died.
 */
export async function endCollection(
  db: Db,
  taken?: Authorship & { blobs: number; bytes: number },
): Promise<{ event: RegistryEvent | null }> {
  if (isUnderWay(await selectCollections(db))) await countUp(db);
  if (taken === undefined || taken.blobs === 0) return { event: null };
  const { blobs, bytes } = taken;
  const event = await appendEvent(db, {
    ...authored(taken),
    action: 'collect',
    model: null,
    version: null,
    stage: null,
    from: null,
    to: null,
    details: { blobs, bytes },
  });
  return { event };
}
