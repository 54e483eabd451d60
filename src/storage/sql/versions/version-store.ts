import type { Kysely } from 'kysely';
import { modelFactsIn } from '../../../core/versions/model-facts.ts';
import { sortKey } from '../../../core/versions/version.ts';
import type { VersionRecord } from '../../../core/versions/version-record.ts';
import type { Page } from '../../page.ts';
import type { VersionStore } from '../../versions.ts';
import { toEvent } from '../events/event-log.ts';
import { childrenOf, latestVersion, modelFactsEvent, modelNamed, oneVersion } from '../fixed-queries.ts';
import { addGolden } from './golden-rows.ts';
import { importVersions } from './import-versions.ts';
import { deleteModel, describeModel } from './model-changes.ts';
import { selectDigests, selectModels } from './model-rows.ts';
import { registerVersion } from './register-version.ts';
import type { Session } from '../session.ts';
import type { Tables } from '../tables.ts';
import { toPage, inOrder } from '../page.ts';
import { amendVersion, deleteVersion, tagVersion, yankVersion } from './version-changes.ts';
import {
  childQuery,
  hasTag,
  preferredVersion,
  toRecord,
  versionQuery,
  type VersionRow,
} from './version-rows.ts';

type Db = Kysely<Tables>;

export function sqlVersionStore({ db, rows, read, write }: Session): VersionStore {
  return {
    hasModel: async (name) => (await rows(modelNamed, { name })).length > 0,
    models: (query) => read((trx) => selectModels(trx, query)),
    modelFacts: async (model) => modelFactsIn((await rows(modelFactsEvent, { model })).map(toEvent)[0]),
    describeModel: (input) => write(input, describeModel),
    deleteModel: (input) => write(input, deleteModel),

    version: async (name, version) => one(await rows(oneVersion, { name, version, key: sortKey(version) })),
    latest: async (name) => one(await rows(latestVersion, { name })),
    versions: (query) => selectVersions(db(), query),
    countYanked: (query) => countYanked(db(), query),
    digests: (name, prefix) => read((trx) => selectDigests(trx, name, prefix)),
    byDigest: (name, digest) =>
      read(async (trx) => {
        const query = versionQuery(trx, name).where('digest', '=', digest).where('deleted_at', 'is', null);
        const row = await preferredVersion(query);
        return row && toRecord(row);
      }),
    children: async (name, version, including = { deleted: false }) => {
      const parent = { name, version, key: sortKey(version) };
      const found = including.deleted
        ? await childQuery(db(), parent).execute()
        : await rows(childrenOf, parent);
      return found.map((child) => `${child.name}@${child.version}`);
    },

    register: (input) => write(input, registerVersion),
    importVersions: (input) => write(input, importVersions),
    yank: (input) => write(input, yankVersion),
    tag: (input) => write(input, tagVersion),
    amend: (input) => write(input, amendVersion),
    addGolden: (input) => write(input, addGolden),
    delete: (input) => write(input, deleteVersion),
  };
}

function one([row]: VersionRow[]): VersionRecord | undefined {
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
