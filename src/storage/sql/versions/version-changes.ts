import { sql, type Kysely } from 'kysely';
import { amend, currentMetadata, type Amendment } from '../../../core/versions/amendments.ts';
import { canonicalJson } from '../../../core/json/canonical.ts';
import type { RegistryEvent } from '../../../core/events/event.ts';
import type { ModelName, StageName } from '../../../core/versions/reference.ts';
import type { Version } from '../../../core/versions/version.ts';
import type { AmendOutcome, DeleteOutcome, TagChange, VersionKey } from '../../versions.ts';
import type { Authorship } from '../../events.ts';
import { appendEvent, authored } from '../events/event-log.ts';
import { selectPointers } from '../stages/pointer-rows.ts';
import { livingVersion } from './living-version.ts';
import { parseStored } from '../stored-json.ts';
import type { Tables } from '../tables.ts';
import { exactVersion, toRecord, type VersionRow } from './version-rows.ts';

type Db = Kysely<Tables>;

/** The event members that no change of a version uses. */
const aboutVersion = { stage: null, from: null, to: null } as const;

async function stagesOf(db: Db, name: ModelName, version: Version): Promise<StageName[]> {
  const pointers = await selectPointers(db, name);
  return pointers.filter((pointer) => pointer.version === version).map((pointer) => pointer.stage);
}

/** Marks a version as unfit, or removes the mark (`reason: null`); pointers stay where they are. */
export async function yankVersion(
  db: Db,
  input: Authorship & { name: ModelName; version: Version; reason: string | null },
): Promise<{ changed: boolean; event?: RegistryEvent; stages: StageName[] }> {
  const { name, version, reason } = input;
  const row = await livingVersion(db, name, version);
  const stages = await stagesOf(db, name, version);
  if ((row.yanked_at !== null) === (reason !== null)) return { changed: false, stages };
  const event = await appendEvent(db, {
    ...authored(input),
    message: reason ?? input.message ?? null,
    action: reason === null ? 'unyank' : 'yank',
    model: name,
    version,
    ...aboutVersion,
    details: {},
  });
  const yank = { yanked_at: event.at, yanked_by: input.actor, yank_reason: reason };
  await db
    .updateTable('versions')
    .set(reason === null ? { yanked_at: null, yanked_by: null, yank_reason: null } : yank)
    .where('id', '=', row.id)
    .execute();
  return { changed: true, event, stages };
}

/** Sets and removes tags. A tag that already has the value records no event. */
export async function tagVersion(
  db: Db,
  input: Authorship & VersionKey & TagChange,
): Promise<{ changed: boolean; tags: Record<string, string> }> {
  const { name, version } = input;
  const row = await livingVersion(db, name, version);
  const tags = new Map(Object.entries(parseStored(row.tags, `${name}@${version}`) as Record<string, string>));
  const set = Object.entries(input.set).filter(([key, value]) => tags.get(key) !== value);
  const remove = input.remove.filter((key) => tags.has(key));
  for (const [key, value] of set) {
    tags.set(key, value);
    await db
      .insertInto('version_tags')
      .values({ version_id: row.id, key, value })
      .onConflict((conflict) => conflict.columns(['version_id', 'key']).doUpdateSet({ value }))
      .execute();
  }
  for (const key of remove) {
    tags.delete(key);
    await db.deleteFrom('version_tags').where('version_id', '=', row.id).where('key', '=', key).execute();
  }
  const changed = set.length > 0 || remove.length > 0;
  if (changed) {
    const details = { set: Object.fromEntries(set), remove };
    await appendEvent(db, {
      ...authored(input),
      action: 'tag',
      model: name,
      version,
      ...aboutVersion,
      details,
    });
  }
  return { changed, tags: Object.fromEntries([...tags].toSorted(([a], [b]) => (a < b ? -1 : 1))) };
}

/** Amends a version; earlier values stay in earlier events. */
export async function amendVersion(
  db: Db,
  input: Authorship & VersionKey & { amendment: Amendment; force?: boolean },
): Promise<AmendOutcome> {
  const { name, version, amendment, force } = input;
  const row = await livingVersion(db, name, version);
  const before = row.amended === null ? null : (parseStored(row.amended, `${name}@${version}`) as Amendment);
  const amended = amend(before, amendment);
  const { metadata } = toRecord(row);
  const now = (said: Amendment | null): string =>
    canonicalJson(currentMetadata({ metadata, amended: said, tags: {} }));
  if (now(amended) === now(before)) return { outcome: 'unchanged', amended: before };
  const replaced = registeredMetrics(metadata.metrics ?? {}, before?.metrics ?? {}, amendment.metrics ?? {});
  if (replaced.length > 0 && force !== true) return { outcome: 'registered', metrics: replaced };
  await db
    .updateTable('versions')
    .set({ amended: canonicalJson(amended) })
    .where('id', '=', row.id)
    .execute();
  await appendEvent(db, {
    ...authored(input),
    action: 'describe',
    model: name,
    version,
    ...aboutVersion,
    details: { ...amendment },
  });
  return { outcome: 'amended', amended };
}

/** Metrics that were given at registration and would change from their current value. */
function registeredMetrics(
  given: Record<string, number>,
  said: Record<string, number>,
  asked: Record<string, number>,
): { metric: string; value: number; asked: number }[] {
  const now = new Map(Object.entries({ ...given, ...said }));
  return Object.entries(asked).flatMap(([metric, other]) => {
    const value = now.get(metric);
    const isOther = Object.hasOwn(given, metric) && value !== undefined && value !== other;
    return isOther ? [{ metric, value, asked: other }] : [];
  });
}

/** Marks a version as deleted: its row and its number stay, its bytes may be collected. */
export async function deleteVersion(db: Db, input: Authorship & VersionKey): Promise<DeleteOutcome> {
  const { name, version } = input;
  const row = await exactVersion(db, name, version).executeTakeFirst();
  if (row === undefined || row.deleted_at !== null) return { outcome: 'gone' };
  const stages = await stagesOf(db, name, version);
  if (stages.length > 0) return { outcome: 'held', stages };
  return { outcome: 'deleted', event: await tombstone(db, input, { name, version, row }) };
}

/** The event and the mark of a deleted version that no stage points at. */
export async function tombstone(
  db: Db,
  author: Authorship,
  { name, version, row }: VersionKey & { row: Pick<VersionRow, 'id' | 'model_id' | 'digest'> },
): Promise<RegistryEvent> {
  const event = await appendEvent(db, {
    ...authored(author),
    action: 'delete',
    model: name,
    version,
    ...aboutVersion,
    details: { digest: row.digest },
  });
  await db
    .updateTable('versions')
    .set({ deleted_at: event.at, deleted_by: author.actor, delete_reason: author.message ?? null })
    .where('id', '=', row.id)
    .execute();
  await db
    .updateTable('models')
    .set({ versions: sql`versions - 1` })
    .where('id', '=', row.model_id)
    .execute();
  return event;
}
