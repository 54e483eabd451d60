import type { Kysely } from 'kysely';
import type { ModelName } from '../../../core/versions/reference.ts';
import type { Version } from '../../../core/versions/version.ts';
import type { VersionRecord } from '../../../core/versions/version-record.ts';
import type { Page } from '../../page.ts';
import type { VersionStore } from '../../versions.ts';
import { addGolden } from './golden-rows.ts';
import { importVersions } from './import-versions.ts';
import { deleteModel, describeModel, selectModelFacts } from './model-changes.ts';
import { selectDigests, selectModels } from './model-rows.ts';
import { registerVersion } from './register-version.ts';
import type { Session } from '../session.ts';
import type { Tables } from '../tables.ts';
import { toPage, inOrder } from '../page.ts';
import { amendVersion, deleteVersion, tagVersion, yankVersion } from './version-changes.ts';
import {
  exactVersion,
  hasTag,
  preferredVersion,
  toRecord,
  versionIdQuery,
  versionQuery,
  type VersionRow,
} from './version-rows.ts';

type Db = Kysely<Tables>;

export function sqlVersionStore({ db, read, write }: Session): VersionStore {
  return {
    hasModel: async (name) =>
      (await db.selectFrom('models').select('id').where('name', '=', name).executeTakeFirst()) !== undefined,
    models: (query) => read((trx) => selectModels(trx, query)),
    modelFacts: (name) => selectModelFacts(db, name),
    describeModel: (input) => write(input, describeModel),
    deleteModel: (input) => write(input, deleteModel),

    version: async (name, version) => one(await exactVersion(db, name, version).executeTakeFirst()),
    latest: async (name) => {
      const live = versionQuery(db, name).where('yanked_at', 'is', null).where('deleted_at', 'is', null);
      return one(await live.orderBy('prerelease').orderBy('sort_key', 'desc').limit(1).executeTakeFirst());
    },
    versions: (query) => selectVersions(db, query),
    countYanked: (query) => countYanked(db, query),
    digests: (name, prefix) => read((trx) => selectDigests(trx, name, prefix)),
    byDigest: (name, digest) =>
      read(async (trx) => {
        const query = versionQuery(trx, name).where('digest', '=', digest).where('deleted_at', 'is', null);
        return one(await preferredVersion(query));
      }),
    children: (name, version, including) => selectChildren(db, name, version, including),

    register: (input) => write(input, registerVersion),
    importVersions: (input) => write(input, importVersions),
    yank: (input) => write(input, yankVersion),
    tag: (input) => write(input, tagVersion),
    amend: (input) => write(input, amendVersion),
    addGolden: (input) => write(input, addGolden),
    delete: (input) => write(input, deleteVersion),
  };
}

function one(row: VersionRow | undefined): VersionRecord | undefined {
  return row && toRecord(row);
}

async function selectVersions(
  db: Db,
  { name, below, limit, yanked, tags = {} }: Parameters<VersionStore['versions']>[0],
): Promise<Page<VersionRecord, string>> {
  let query = versionQuery(db, name)
    .where('deleted_at', 'is', null)
    .orderBy('sort_key', 'desc')
    .limit(limit + 1);
  if (below !== undefined) query = query.where('sort_key', '<', below);
  if (!yanked) query = query.where('yanked_at', 'is', null);
  for (const [key, value] of Object.entries(tags)) query = query.where(hasTag(key, value));
  const found = inOrder(await query.execute(), (row) => row.sort_key, { from: below, way: 'down' });
  const page = toPage(found, limit, (row) => row.sort_key);
  return { ...page, rows: page.rows.map(toRecord) };
}

async function countYanked(
  db: Db,
  { name, below, above, most }: Parameters<VersionStore['countYanked']>[0],
): Promise<number> {
  let query = db
    .selectFrom('versions')
    .innerJoin('models', 'models.id', 'versions.model_id')
    .where('models.name', '=', name)
    .where('yanked_at', 'is not', null)
    .where('deleted_at', 'is', null);
  if (below !== undefined) query = query.where('sort_key', '<', below);
  if (above !== undefined) query = query.where('sort_key', '>', above);
  const rows = await query.select('versions.id').limit(most).execute();
  return rows.length;
}

async function selectChildren(
  db: Db,
  name: ModelName,
  version: Version,
  including: { deleted: boolean } = { deleted: false },
): Promise<string[]> {
  const query = db
    .selectFrom('version_parents')
    .innerJoin('versions as child', 'child.id', 'version_parents.child_id')
    .innerJoin('models', 'models.id', 'child.model_id')
    .where('parent_id', '=', versionIdQuery(db, name, version))
    // Ids grow in order of registration.
    .orderBy('version_parents.child_id')
    .select(['models.name', 'child.version']);
  const rows = await (including.deleted ? query : query.where('child.deleted_at', 'is', null)).execute();
  return rows.map((row) => `${row.name}@${row.version}`);
}
