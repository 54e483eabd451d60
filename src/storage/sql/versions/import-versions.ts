import type { Kysely } from 'kysely';
import { canonicalJson } from '../../../core/json/canonical.ts';
import type { ModelName } from '../../../core/versions/reference.ts';
import { sortKey, type Version } from '../../../core/versions/version.ts';
import type { RegistryEvent } from '../../../core/events/event.ts';
import { replay, wholeHistory, type VersionState } from '../../../core/versions/amendments.ts';
import { goldenSetsOf, mostGoldenSets } from '../../../core/versions/golden-sets.ts';
import { mergeHistory } from '../../../core/versions/merge-history.ts';
import type { VersionFacts, VersionRecord } from '../../../core/versions/version-record.ts';
import { factsHash } from '../../facts-hash.ts';
import type { Authorship } from '../../events.ts';
import type { ForeignVersion, ImportOutcome, NewImport } from '../../versions.ts';
import { wasCollected } from '../collection/collections.ts';
import { appendEvent, authored, selectEvents } from '../events/event-log.ts';
import { insertGolden } from './golden-rows.ts';
import { modelIdOf } from './register-version.ts';
import type { Tables } from '../tables.ts';
import { insertVersion } from './insert-version.ts';
import { exactVersion, toRecord, versionIdQuery, versionQuery, type VersionRow } from './version-rows.ts';

type Db = Kysely<Tables>;

/**
 * A complete import under the write lock. Nothing is written until every number is known to be
 * free, or to belong to the same version.
 */
export async function importVersions(db: Db, input: NewImport): Promise<ImportOutcome> {
  if (await wasCollected(db, input)) return { outcome: 'collected' };
  const known: (VersionRow | undefined)[] = [];
  for (const foreign of input.versions) {
    const { facts } = foreign;
    const row = await placeOf(db, facts);
    if (row !== undefined && !isSame(row, facts))
      return { outcome: 'taken', number: facts.version, by: toRecord(row) };
    if (row !== undefined && exceedsLimit(row, foreign)) return { outcome: 'full', version: toRecord(row) };
    known.push(row);
  }
  const versions: Extract<ImportOutcome, { outcome: 'imported' }>['versions'] = [];
  for (const [index, foreign] of input.versions.entries()) {
    const row = known[index];
    versions.push(
      row === undefined ? await importOne(db, foreign, input) : await importEvents(db, row, foreign, input),
    );
  }
  return { outcome: 'imported', versions };
}

/** The existing version in this version's place in the order; each place is used only once. */
async function placeOf(db: Db, { name, version }: VersionFacts): Promise<VersionRow | undefined> {
  return versionQuery(db, name).where('sort_key', '=', sortKey(version)).executeTakeFirst();
}

function isSame(row: VersionRow, { identity, version }: VersionFacts): boolean {
  return row.identity === identity && row.version === version && row.deleted_at === null;
}

/** Whether the version would have more golden sets than it can have. */
function exceedsLimit(row: VersionRow, { addedGolden }: ForeignVersion): boolean {
  const sets = goldenSetsOf(toRecord(row)).map(({ artifact }) => artifact.digest);
  const added = addedGolden.filter(({ digest }) => !sets.includes(digest));
  return added.length > 0 && sets.length + added.length > mostGoldenSets;
}

async function importOne(
  db: Db,
  { facts, registry, history, addedGolden }: ForeignVersion,
  author: Authorship,
) {
  const { name, version } = facts;
  const event = await appendEvent(db, {
    ...authored(author),
    action: 'import',
    model: name,
    version,
    stage: null,
    from: null,
    to: null,
    details: {
      digest: facts.artifact.digest,
      facts: factsHash(facts),
      registry,
      parents: await presentParents(db, facts.parents),
      history,
    },
  });
  const id = await insertVersion(db, facts, await modelIdOf(db, name, event.at), event.seq);
  // As if it had happened here.
  await applyState(db, id, facts, history);
  await insertSets(db, id, replay({}, wholeHistory(history)).golden, addedGolden, 0);
  return { version: await only(db, facts), event, kept: [] };
}

/**
 * Applies what is new in the history of a version that exists, except to facts that were changed
 * here since.
 */
async function importEvents(
  db: Db,
  row: VersionRow,
  { facts, registry, history, addedGolden }: ForeignVersion,
  author: Authorship,
) {
  const { name, version } = facts;
  const here = await everyEvent(db, name, version);
  const { fresh, applied, kept } = mergeHistory(facts, here, history);
  if (fresh.length === 0) return { version: toRecord(row), kept };
  const event = await appendEvent(db, {
    ...authored(author),
    action: 'import-events',
    model: name,
    version,
    stage: null,
    from: null,
    to: null,
    details: { registry, history: fresh, applied },
  });
  await applyState(db, row.id, facts, [...here, event]);
  await insertSets(db, row.id, applied.golden ?? [], addedGolden, toRecord(row).addedGolden.length);
  return { version: await only(db, facts), event, kept };
}

/** Oldest first. */
async function everyEvent(db: Db, model: ModelName, version: Version): Promise<RegistryEvent[]> {
  const newestFirst = await selectEvents(db, { model, version, limit: 2 ** 31 });
  return newestFirst.toReversed();
}

async function only(db: Db, { name, version }: VersionFacts): Promise<VersionRecord> {
  return toRecord(await exactVersion(db, name, version).executeTakeFirstOrThrow());
}

async function presentParents(db: Db, parents: readonly string[]): Promise<string[]> {
  const present: string[] = [];
  for (const parent of parents) {
    const at = parent.lastIndexOf('@');
    const [name, version] = [parent.slice(0, at) as ModelName, parent.slice(at + 1) as Version];
    if ((await versionIdQuery(db, name, version).executeTakeFirst()) !== undefined) present.push(parent);
  }
  return present;
}

/** Writes the state that follows from the events of a version, except for its golden sets. */
async function applyState(
  db: Db,
  id: number,
  { metadata }: VersionFacts,
  events: readonly RegistryEvent[],
): Promise<void> {
  const { tags, amended, yanked } = replay(metadata.tags ?? {}, wholeHistory(events));
  await db.deleteFrom('version_tags').where('version_id', '=', id).execute();
  for (const [key, value] of Object.entries(tags))
    await db.insertInto('version_tags').values({ version_id: id, key, value }).execute();
  await db
    .updateTable('versions')
    .set({
      amended: amended === null ? null : canonicalJson(amended),
      yanked_at: yanked?.at ?? null,
      yanked_by: yanked?.actor ?? null,
      yank_reason: yanked?.reason ?? null,
    })
    .where('id', '=', id)
    .execute();
}

/** `position`: how many sets were added to the version before. */
async function insertSets(
  db: Db,
  id: number,
  golden: VersionState['golden'],
  addedGolden: ForeignVersion['addedGolden'],
  position: number,
): Promise<void> {
  const listings = new Map(addedGolden.map((artifact) => [artifact.digest, artifact]));
  for (const [index, { digest, self, at, actor }] of golden.entries()) {
    const artifact = listings.get(digest);
    if (artifact === undefined) throw new Error(`no listing of the golden set ${digest}`);
    await insertGolden(db, id, position + index, { artifact, self, at, actor });
  }
}
