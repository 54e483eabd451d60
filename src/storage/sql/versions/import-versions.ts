import type { Kysely } from 'kysely';
import { canonicalJson } from '../../../core/json/canonical.ts';
import type { ModelName } from '../../../core/versions/reference.ts';
import { sortKey, type Version } from '../../../core/versions/version.ts';
import { replay, wholeHistory } from '../../../core/versions/amendments.ts';
import type { VersionFacts } from '../../../core/versions/version-record.ts';
import { factsHash } from '../../facts-hash.ts';
import type { Authorship } from '../../events.ts';
import type { ForeignVersion, ImportOutcome, NewImport } from '../../versions.ts';
import { wasCollected } from '../collection/collections.ts';
import { appendEvent, authored } from '../events/event-log.ts';
import { insertGolden } from './golden-rows.ts';
import { modelIdOf } from './register-version.ts';
import type { Tables } from '../tables.ts';
import {
  exactVersion,
  insertVersion,
  toRecord,
  versionIdQuery,
  versionQuery,
  type VersionRow,
} from './version-rows.ts';

type Db = Kysely<Tables>;

/**
 * A complete import under the write lock. Nothing is written until every number is known to be
 * free, or to belong to the same version.
 */
export async function importVersions(db: Db, input: NewImport): Promise<ImportOutcome> {
  if (await wasCollected(db, input)) return { outcome: 'collected' };
  const known: (VersionRow | undefined)[] = [];
  for (const { facts } of input.versions) {
    const row = await placeOf(db, facts);
    if (row !== undefined && !isSame(row, facts))
      return { outcome: 'taken', number: facts.version, by: toRecord(row) };
    known.push(row);
  }
  const versions: Extract<ImportOutcome, { outcome: 'imported' }>['versions'] = [];
  for (const [index, foreign] of input.versions.entries()) {
    const row = known[index];
    versions.push(row === undefined ? await importOne(db, foreign, input) : { version: toRecord(row) });
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
  await applyHistory(db, id, facts, history, addedGolden);
  return { version: toRecord(await exactVersion(db, name, version).executeTakeFirstOrThrow()), event };
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

/** Applies what happened to the version in the other registry, as if it had happened here. */
async function applyHistory(
  db: Db,
  id: number,
  { metadata }: VersionFacts,
  history: ForeignVersion['history'],
  addedGolden: ForeignVersion['addedGolden'],
): Promise<void> {
  const { tags, amended, yanked, golden } = replay(metadata.tags ?? {}, wholeHistory(history));
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
  const listings = new Map(addedGolden.map((artifact) => [artifact.digest, artifact]));
  for (const [position, { digest, self, at, actor }] of golden.entries()) {
    const artifact = listings.get(digest);
    if (artifact === undefined) throw new Error(`no listing of the golden set ${digest}`);
    await insertGolden(db, id, position, { artifact, self, at, actor });
  }
}
