import assert from 'node:assert/strict';
import Database from 'better-sqlite3';
import { Kysely, type CompiledQuery } from 'kysely';
import { join } from 'node:path';
import { test } from 'node:test';
import { benchKind } from '../../src/core/measurements/bench.ts';
import { parseModelPattern } from '../../src/core/versions/model-pattern.ts';
import { parseModelName, defaultStages } from '../../src/core/versions/reference.ts';
import type { MetadataStore } from '../../src/storage/metadata-store.ts';
import { initializeRegistry } from '../../src/storage/sql/initialize.ts';
import { openLeases } from '../../src/storage/sql/collection/leases.ts';
import { sqlMetadataStore } from '../../src/storage/sql/sql-metadata-store.ts';
import { openSqlite } from '../../src/storage/local/sqlite/open-sqlite.ts';
import { SqliteConnection } from '../../src/storage/local/sqlite/connection.ts';
import { sqliteDialect, sqliteName } from '../../src/storage/local/sqlite/dialect.ts';
import type { Tables } from '../../src/storage/sql/tables.ts';
import {
  addBench,
  bench,
  created,
  digestOfText,
  digits,
  exactly,
  issue,
  newVersion,
  popTo,
  production,
  push,
  staging,
  start,
  v,
} from '../support/metadata-samples.ts';
import { tempFolder, type Cleanup } from '../support/temp-folder.ts';

const author = { actor: 'ada', at: start };
const digest = digestOfText('manifest of weights');
const oneVersion = /versions USING (?:COVERING )?INDEX versions_order \(model_id=\? AND sort_key=\?\)/;
const live = /versions USING (?:COVERING )?INDEX versions_live /;
const listed = /versions USING INDEX versions_listed /;
const order = /versions USING INDEX versions_order \(model_id=\?/;

/** What a command does to the store, and indexes that its statements must use. */
const uses: [what: string, use: (store: MetadataStore) => Promise<unknown>, ...expected: RegExp[]][] = [
  ['version', (store) => store.version(digits, v('1.0.0')), oneVersion],
  ['latest', (store) => store.latest(digits), live],
  ['a page of versions', (store) => store.versions({ name: digits, limit: 5, yanked: false }), listed],
  [
    'a later page of versions',
    (store) => store.versions({ name: digits, limit: 5, yanked: false, below: 'a2' }),
    listed,
  ],
  ['a page with yanked ones', (store) => store.versions({ name: digits, limit: 5, yanked: true }), order],
  ['byDigest', (store) => store.byDigest(digits, digest), /versions_digest \(model_id=\? AND digest=\?\)/],
  [
    'digests',
    (store) => store.digests(digits, 'sha256:'),
    /versions_digest \(model_id=\? AND digest>\? AND digest<\?\)/,
  ],
  [
    'children',
    (store) => store.children(digits, v('1.0.0')),
    oneVersion,
    /version_parents USING COVERING INDEX version_parents_parent/,
  ],
  [
    'a page of measurements of all models',
    (store) => store.measurements(benchKind, { limit: 5, before: 99 }),
    /measurements USING INDEX measurements_kind \(kind=\? AND seq<\?\)/,
  ],
  [
    'a page of measurements of a model',
    (store) => store.measurements(benchKind, { limit: 5, model: digits }),
    /measurements USING INDEX measurements_kind \(kind=\?\)/,
  ],
  [
    'a page of measurements of a version',
    (store) => store.measurements(benchKind, { limit: 5, model: digits, version: v('1.0.0'), before: 99 }),
    oneVersion,
    /measurements USING INDEX measurements_version \(version_id=\? AND kind=\? AND seq<\?\)/,
  ],
  [
    'measurements with a fingerprint',
    (store) => store.measurements(benchKind, { limit: 5, fingerprint: 'cpu' }),
    /measurements USING INDEX measurements_fingerprint \(kind=\? AND fingerprint=\?\)/,
  ],
  [
    'measurements of a version with a fingerprint',
    (store) =>
      store.measurements(benchKind, { limit: 5, model: digits, version: v('1.0.0'), fingerprint: 'cpu' }),
    oneVersion,
    /measurements USING INDEX measurements_(?:version|fingerprint) /,
  ],
  [
    'measurements of a time',
    (store) => store.measurements(benchKind, { limit: 5, since: start, until: start + 1 }),
    /events USING (?:COVERING )?INDEX events_at \(at>\?\)/,
    /measurements USING INDEX measurements_kind \(kind=\? AND seq>\? AND seq<\?\)/,
  ],
  [
    'measurements of a model and a time',
    (store) => store.measurements(benchKind, { limit: 5, model: digits, since: start }),
    /measurements USING INDEX measurements_kind \(kind=\? AND seq>\?\)/,
  ],
  [
    'measurement',
    (store) => store.measurement(benchKind, 'b1'),
    /measurements USING INDEX \w+ \((?:kind=\? AND )?id=\?\)/,
  ],
  [
    'measurementIds',
    (store) => store.measurementIds(benchKind, 'b', 2),
    /measurements USING COVERING INDEX measurements_id \(kind=\? AND id>\? AND id<\?\)/,
  ],
  ['samples', (store) => store.samples('b1'), /measurements USING INDEX \w+ \((?:kind=\? AND )?id=\?\)/],
  ['addMeasurement', (store) => addBench(store, bench('b2')), oneVersion],
  [
    'models',
    (store) => store.models({ limit: 5 }),
    live,
    /events USING INDEX events_model_version \(model=\? AND version=\?\)/,
  ],
  [
    'modelFacts',
    (store) => store.modelFacts(digits),
    /events USING INDEX events_model_version \(model=\? AND version=\?\)/,
  ],
  [
    'describeModel',
    (store) => store.describeModel({ name: digits, facts: { owner: 'vision' }, ...author }),
    /events USING INDEX events_model_version \(model=\? AND version=\?\)/,
  ],
  ['deleteModel', (store) => store.deleteModel({ name: parseModelName('child'), ...author }), order],
  [
    'models by prefix',
    (store) => store.models({ limit: 5, prefix: 'dig' }),
    /models USING INDEX \w+ \(name>\? AND name<\?\)/,
  ],
  [
    'models by pattern',
    (store) => store.models({ limit: 5, pattern: parseModelPattern('dig*') }),
    /models USING (?:COVERING )?INDEX \w+ \(name>\? AND name<\?\)/,
    live,
  ],
  [
    'a later page of models by pattern',
    (store) => store.models({ limit: 5, pattern: parseModelPattern('d*'), after: digits }),
    /models USING (?:COVERING )?INDEX \w+ \(name>\? AND name<\?\)/,
  ],
  [
    'the yanked versions that a page leaves out',
    (store) => store.countYanked({ name: digits, below: 'b', above: 'a', most: 5 }),
    /versions USING INDEX versions_order \(model_id=\? AND sort_key>\? AND sort_key<\?\)/,
  ],
  [
    'an automatic registration',
    (store) => store.register(newVersion({ bytes: 'new', facts: { parents: ['digits@1.0.0'] } })),
    oneVersion,
    live,
    /versions_identity \(model_id=\? AND identity=\?\)/,
    /versions_order \(model_id=\? AND sort_key>\? AND sort_key<\?\)/,
  ],
  [
    'a registration with a number',
    (store) => store.register(newVersion({ bytes: 'n', number: exactly('7.0.0') })),
    oneVersion,
  ],
  ['pointer', (store) => store.pointer(digits, production)],
  ['pointers', (store) => store.pointers(digits)],
  ['stack', (store) => store.stack({ name: digits, stage: production, limit: 5 })],
  ['a push', (store) => push(store, '2.0.0', { stage: staging }), oneVersion],
  [
    'a rollback that yanks',
    async (store) => {
      const [, below] = await store.stack({ name: digits, stage: production, limit: 2 });
      await popTo(store, below?.seq ?? 0, 'bad');
    },
    oneVersion,
  ],
  [
    'yank',
    (store) => store.yank({ name: digits, version: v('2.0.0'), reason: 'bad', ...author }),
    oneVersion,
  ],
  [
    'tags',
    (store) => store.tag({ name: digits, version: v('2.0.0'), set: { a: 'b' }, remove: ['c'], ...author }),
    oneVersion,
  ],
  [
    'a description',
    (store) => store.amend({ name: digits, version: v('2.0.0'), amendment: { description: 'x' }, ...author }),
    oneVersion,
  ],
  [
    'an approval',
    (store) => store.approve({ name: digits, version: v('1.0.0'), stage: production, ...author }),
    oneVersion,
    /events USING INDEX events_model_\w+ \(model=\? AND (?:version|stage)=\?\)/,
  ],
  [
    'a policy',
    (store) => store.applyPolicy({ policy: {}, stages: [production], ...author }),
    /events USING INDEX events_action \(action=\?\)/,
  ],
  [
    'the removal of a policy',
    (store) =>
      store.removePolicy({ policy: {}, stages: [production], replaces: 1, removed: production, ...author }),
    /events USING INDEX events_action \(action=\?\)/,
  ],
  [
    'the last correction of the clock',
    (store) => store.events({ model: null, actions: ['fix-clock'], limit: 1 }),
    /events USING INDEX events_action \(action=\?\)/,
  ],
  [
    'events of an action of a model',
    (store) => store.events({ model: digits, actions: ['bench'], before: 99, limit: 5 }),
    /events USING INDEX events_(?:model|action) /,
  ],
  [
    'events of some actions of all models, newest first',
    (store) => store.events({ actions: ['promote', 'blocked'], limit: 5 }),
    /events USING INDEX events_action \(action=\?\)/,
  ],
  [
    'events of some actions of a model, newest first',
    (store) => store.events({ model: digits, actions: ['promote', 'blocked'], limit: 5 }),
  ],
  [
    'promotions of a version',
    (store) =>
      store.events({ model: digits, version: v('1.0.0'), actions: ['promote', 'blocked'], limit: 20 }),
    /events USING INDEX events_model_version \(model=\? AND version=\?\)/,
  ],
  ['a deletion', (store) => store.delete({ name: digits, version: v('3.0.0-rc.1'), ...author }), oneVersion],
  [
    'a page of versions with a tag',
    (store) => store.versions({ name: digits, limit: 5, yanked: false, tags: { a: 'b' } }),
    listed,
    /version_tags (?:EXISTS )?USING (?:COVERING )?INDEX \w+ \((?:version_id=\? AND key=\?|key=\? AND value=\? AND version_id=\?)\)/,
  ],
  ['events', (store) => store.events({ limit: 5 })],
  ['events of a model', (store) => store.events({ limit: 5, model: digits, before: 9 }), /events_model \(/],
  [
    'events of a stage',
    (store) => store.events({ limit: 5, model: digits, stage: production }),
    /events_model_stage \(model=\? AND stage=\?\)/,
  ],
  ['events, oldest first', (store) => store.eventsAscending({ after: 3, limit: 5 }), /events USING INTEGER/],
  ['movesAt', (store) => store.movesAt({ at: start, limit: 5 }), /moves_seq \(model_id=\? AND stage=\?/],
  [
    'a later page of movesAt',
    (store) => store.movesAt({ at: start, limit: 5, after: { model: digits, stage: staging } }),
    /moves_seq \(model_id=\? AND stage=\?/,
  ],
  [
    'neededBlobs',
    (store) => store.neededBlobs({ after: digest, limit: 5 }),
    /versions USING INDEX versions_artifact/,
    /versions USING INDEX versions_golden/,
  ],
  [
    'unneededBlobs',
    (store) => store.unneededBlobs([digest, digestOfText('weights')]),
    /artifact_files USING INDEX artifact_files_blob \(blob_digest=\?\)/,
    /artifacts USING (?:COVERING )?INDEX artifacts_config \(config_digest=\?\)/,
    /versions USING INDEX versions_artifact/,
    /versions USING INDEX versions_golden/,
  ],
  [
    'blobsOfDeleted',
    (store) => store.blobsOfDeleted({ since: start }),
    /events USING INDEX events_action \(action=\?\)/,
  ],
  [
    'a collection',
    async (store) => {
      await store.beginCollection({ digests: [digest], afterSeq: 4 });
      await store.endCollection({ ...author, blobs: 1, bytes: 1 });
    },
    /events USING INDEX events_action \(action=\? AND seq>\?\)/,
  ],
  [
    'the check of one version',
    (store) => store.check({ name: digits, version: v('1.0.0') }),
    oneVersion,
    /events_model_version \(model=\? AND version=\?\)/,
  ],
];

for (const [what, use, ...expected] of uses) {
  test(`no walk and no sort over versions: ${what}`, async (context) => {
    const { store, planOf } = await watchedStore(context);
    const plans = await planOf(() => use(store));
    for (const { sql, plan } of plans) {
      const text = `${sql}\n${plan}`;
      assert.doesNotMatch(
        plan,
        /SCAN (?:versions|child|parent|moves|measurements|version_\w+)\b|AUTOMATIC/,
        text,
      );
      // Stages are few, and come in the order that was declared.
      if (!sql.includes('"stages"."position"')) assert.doesNotMatch(plan, /TEMP B-TREE/, text);
    }
    const plan = plans.map((one) => one.plan).join('\n');
    for (const index of expected) assert.match(plan, index);
  });
}

/**
 * A store with a row or more in every table, and a way to learn how SQLite runs what is asked of
 * it.
 */
async function watchedStore(context: Cleanup) {
  const path = join(tempFolder(context), 'mlreg.db');
  await (await openSqlite({ path, create: true, waitMs: 0 })).close();
  const database = new Database(path);
  context.after(() => void database.close());
  const connection = new SqliteConnection(database, { waitMs: 0 });
  const queries: Pick<CompiledQuery, 'sql' | 'parameters'>[] = [];
  const db = new Kysely<Tables>({
    dialect: sqliteDialect({ reader: connection, writer: async () => connection }),
    log: ({ query }) => void queries.push(query),
  });
  await initializeRegistry(db, { id: 'x', stages: defaultStages, ...author });
  const store = sqlMetadataStore({
    dialect: sqliteName,
    db,
    run: (sql, parameters) => {
      queries.push({ sql, parameters });
      return connection.alone(() => connection.prepare(sql).all(...parameters));
    },
    close: async () => undefined,
    leases: openLeases({ attempt: () => undefined, waitMs: 0 }),
  });
  await issue(store, '1.0.0', '2.0.0', '3.0.0-rc.1');
  await created(store, { name: parseModelName('child'), facts: { parents: ['digits@1.0.0'] } });
  await created(store);
  for (const version of ['1.0.0', '2.0.0']) await push(store, version);
  await addBench(store, bench('b1'));

  const planOf = async (use: () => Promise<unknown>): Promise<{ sql: string; plan: string }[]> => {
    queries.length = 0;
    await use();
    const asked = queries.filter(({ sql }) => /^(?:select|update|insert)/.test(sql));
    assert.notEqual(asked.length, 0);
    return asked.map(({ sql, parameters }) => {
      const explain = database.prepare<unknown[], { detail: string }>(`explain query plan ${sql}`);
      const steps = explain.all(...parameters);
      return { sql, plan: steps.map(({ detail }) => detail).join('\n') };
    });
  };
  return { store, planOf };
}
