import assert from 'node:assert/strict';
import Database from 'better-sqlite3';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { isMlregError } from '../../src/core/errors.ts';
import { parseModelName, defaultStages, parseStageName } from '../../src/core/versions/reference.ts';
import type { RegistryEvent } from '../../src/core/events/event.ts';
import { brokenLink } from '../../src/storage/hash-chain.ts';
import type { MetadataStore } from '../../src/storage/metadata-store.ts';
import { initializeRegistry } from '../../src/storage/sql/initialize.ts';
import { sqlMetadataStore } from '../../src/storage/sql/sql-metadata-store.ts';
import { openSqlite } from '../../src/storage/local/sqlite/open-sqlite.ts';
import {
  addBench,
  bench,
  created,
  digits,
  exactly,
  goldenOf,
  issue,
  popTo,
  production,
  push,
  shape,
  shapeKind,
  staging,
  start,
  v,
} from '../support/metadata-samples.ts';
import { foreign } from './imports.contract.ts';
import { tempFolder, type Cleanup } from '../support/temp-folder.ts';

const author = { actor: 'ada', at: start };
const canary = parseStageName('canary');

/** Rows of every table; the version 1.0.0 carries most of it. */
async function fill(store: MetadataStore): Promise<void> {
  await created(store, {
    number: exactly('1.0.0'),
    facts: { metadata: { metrics: { auc: 0.9 }, tags: { team: 'vision' } }, source: { commit: 'abc' } },
  });
  await issue(store, '2.0.0', '3.0.0-rc.1');
  await created(store, { name: parseModelName('child'), bytes: 'c', facts: { parents: ['digits@1.0.0'] } });
  for (const version of ['1.0.0', '2.0.0', '1.0.0']) await push(store, version);
  const [, below] = await store.stack({ name: digits, stage: production, limit: 2 });
  await popTo(store, below?.seq ?? 0);
  await push(store, '2.0.0', { stage: staging });
  await push(store, null, { stage: staging });
  await store.yank({ name: digits, version: v('3.0.0-rc.1'), reason: 'bad', actor: 'eve', at: start });
  await store.yank({ name: digits, version: v('2.0.0'), reason: 'oops', actor: 'eve', at: start });
  await store.yank({ name: digits, version: v('2.0.0'), reason: null, actor: 'eve', at: start });
  await created(store, {
    number: exactly('4.0.0'),
    bytes: 'g',
    facts: { golden: goldenOf('expected'), executable: ['model.bin'] },
  });
  await store.tag({ name: digits, version: v('4.0.0'), set: { a: 'b', c: 'd' }, remove: [], ...author });
  await store.tag({ name: digits, version: v('4.0.0'), set: {}, remove: ['c'], ...author });
  await store.amend({
    name: digits,
    version: v('4.0.0'),
    amendment: { description: 'better', metrics: { auc: 0.95 } },
    ...author,
  });
  await issue(store, '5.0.0');
  await store.delete({ name: digits, version: v('5.0.0'), message: 'by mistake', ...author });
  await store.importVersions({
    versions: [
      foreign('7.0.0', {}, { from: 'afar' }),
      foreign('8.0.0', { parents: ['digits@7.0.0', 'gone@1.0.0'] }),
    ],
    ifCollections: 0,
    ...author,
  });
  await store.applyPolicy({
    policy: { stages: { canary: { require: ['auc>=0.9'] } } },
    stages: [staging],
    ...author,
  });
  await store.approve({ name: digits, version: v('2.0.0'), stage: production, ...author });
  const blocked = { action: 'blocked', model: digits, version: v('2.0.0'), stage: production } as const;
  await store.note({ ...blocked, details: { gates: [{ gate: 'auc>=0.9', verdict: 'fail' }] }, ...author });
  await store.addStage({ stage: canary, after: staging, ...author });
  await addBench(store, bench('b1', { samples: new Uint8Array([1, 2]) }));
  await addBench(store, bench('b2'));
  await store.addMeasurement(shapeKind, { ...shape('s1'), ...author });
}

/**
 * All that `mlreg verify` asks of the rows: the chain, then the store itself. INTEGRITY is an
 * answer too.
 */
async function problemsOf(store: MetadataStore): Promise<string[]> {
  const found: string[] = [];
  try {
    let last: RegistryEvent | undefined;
    for (const event of await store.eventsAscending({ after: 0, limit: 1000 })) {
      found.push(brokenLink(last, event) ?? '');
      last = event;
    }
    found.push(...(await store.check()).map(({ subject, problem }) => `${subject}: ${problem}`));
  } catch (error) {
    if (!isMlregError(error, 'INTEGRITY')) throw error;
    found.push(error.message);
  }
  return found.filter((problem) => problem !== '');
}

const one = "(select id from versions where version = '1.0.0' and model_id = 1)";
const two = "(select id from versions where version = '2.0.0')";
const eight = "(select id from versions where version = '8.0.0')";
const rc = "(select id from versions where version = '3.0.0-rc.1')";
const zeros = `'sha256:${'0'.repeat(64)}'`;

const tampering: [what: string, ...statements: string[]][] = [
  ['a digit of a version’s digest', `update versions set digest = ${zeros} where id = ${one}`],
  [
    'a version’s digest, to another artifact that is there',
    `update versions set digest = (select digest from versions where id = ${two}) where id = ${one}`,
  ],
  ['a digit of an artifact’s digest', `update artifacts set digest = ${zeros} where rowid = 1`],
  ['the digest of a config', `update artifacts set config_digest = ${zeros} where rowid = 1`],
  ['the size of an artifact', 'update artifacts set size = size + 1 where rowid = 1'],
  ['the digest of a file', `update artifact_files set blob_digest = ${zeros} where rowid = 1`],
  ['the path of a file', "update artifact_files set path = 'x' where rowid = 1"],
  ['the size of a file', 'update artifact_files set size = size + 1 where rowid = 1'],
  ['a file row deleted', 'delete from artifact_files where rowid = 1'],
  [
    'a file row added',
    `insert into artifact_files select artifact_digest, 'extra', blob_digest, size from artifact_files limit 1`,
  ],
  ['metadata', `update versions set metadata = replace(metadata, '0.9', '0.99') where id = ${one}`],
  ['metadata that is no JSON any more', `update versions set metadata = '{' where id = ${one}`],
  ['the source', `update versions set source = '{"commit":"def"}' where id = ${one}`],
  ['the source, to nothing', `update versions set source = null where id = ${one}`],
  ['a version’s number', `update versions set version = '1.0.9' where id = ${one}`],
  ['the sort key, so that another is highest', `update versions set sort_key = 'a9a9a9~' where id = ${one}`],
  ['the prerelease flag', `update versions set prerelease = 1 where id = ${one}`],
  ['the parents', `update versions set parents = '[]' where model_id = 2`],
  ['the identity', `update versions set identity = 'x' where id = ${one}`],
  ['the format', `update versions set format = 'onnx' where id = ${one}`],
  ['the entry', `update versions set entry = 'model.bin' where id = ${one}`],
  ['the signature', `update versions set onnx = '{}' where id = ${one}`],
  ['the actor', `update versions set actor = 'eve' where id = ${one}`],
  ['the time of the registration', `update versions set created_at = created_at + 1 where id = ${one}`],
  [
    'the event of the registration',
    `update versions set registered_seq = registered_seq + 1 where id = ${one}`,
  ],
  ['a version row deleted', `delete from versions where id = ${rc}`],
  [
    'a version row deleted, and not counted',
    `delete from versions where id = ${rc}`,
    'update models set versions = versions - 1 where id = 1',
  ],
  [
    'a model deleted with its version',
    'delete from versions where model_id = 2',
    'delete from models where id = 2',
    'delete from version_parents',
  ],
  ['a version marked as deleted', `update versions set deleted_at = 1 where id = ${rc}`],
  [
    'a version marked as deleted, and not counted',
    `update versions set deleted_at = 1 where id = ${rc}`,
    'update models set versions = versions - 1 where id = 1',
  ],
  [
    'a version row made up',
    `insert into versions select 99, model_id, '9.0.0', 'a9a0a0~', 0, digest, format, entry, onnx, metadata, identity, source,
      parents, bump, bump_reason, previous, created_at, actor, registered_seq, null, null, null, null, null, null, golden, amended, executable
      from versions where id = ${one}`,
    'update models set versions = versions + 1 where id = 1',
  ],
  ['the name of a model', "update models set name = 'stolen' where id = 1"],
  ['the count of a model', 'update models set versions = 7 where id = 1'],
  ['a yank cleared', 'update versions set yanked_at = null, yanked_by = null, yank_reason = null'],
  [
    'a yank made up',
    `update versions set yanked_at = 1, yanked_by = 'x', yank_reason = 'y' where id = ${one}`,
  ],
  ['the reason of a yank', `update versions set yank_reason = 'fine' where id = ${rc}`],
  ['who yanked', `update versions set yanked_by = 'ada' where id = ${rc}`],
  ['when it was yanked', `update versions set yanked_at = 1 where id = ${rc}`],
  ['a tag', "update version_tags set value = 'audio'"],
  ['a tag deleted', 'delete from version_tags'],
  ['a tag made up', `insert into version_tags values (${two}, 'approved', 'yes')`],
  ['a parent deleted', 'delete from version_parents'],
  ['a parent made up', `insert into version_parents values (${two}, ${one})`],
  ['where a stage points', `update pointers set version_id = ${one} where stage = 'production'`],
  ['a generation', "update pointers set generation = 9 where stage = 'production'"],
  ['the top of a stack', "update pointers set top = (select min(seq) from moves) where stage = 'production'"],
  ['since when', "update pointers set since = 1 where stage = 'production'"],
  ['the stage of a pointer', "update pointers set stage = 'x' where stage = 'production'"],
  ['a pointer deleted', "delete from pointers where stage = 'staging'"],
  ['a pointer made up', `insert into pointers values (2, 'production', null, 1, null, 1)`],
  ['the version of a move', `update moves set version_id = ${two} where seq = (select min(seq) from moves)`],
  ['the link of a move', 'update moves set below = null where below is not null'],
  ['the generation of a move', 'update moves set generation = generation + 10'],
  ['the stage of a move', "update moves set stage = 'staging' where seq = (select min(seq) + 2 from moves)"],
  ['the model of a move', 'update moves set model_id = 2 where seq = (select min(seq) from moves)'],
  ['a move deleted', 'delete from moves where seq = (select max(seq) from moves)'],
  ['a move made up', `insert into moves values (2, 1, 'production', ${two}, 99, null, 2)`],
  ['the body of an event', `update events set body = replace(body, 'ada', 'eve') where seq = 2`],
  [
    'the model in the body of an event',
    `update events set body = replace(body, '"model":"digits"', '"model":"cars"') where seq = 2`,
  ],
  ['the spelling of the body of an event', `update events set body = body || ' ' where seq = 2`],
  ...[
    'init',
    'register',
    'import',
    'promote',
    'tag',
    'describe',
    'delete',
    'stage-add',
    'bench',
    'measure',
  ].flatMap((action): [string, string][] => [
    [
      `the details of ${action}`,
      `update events set body = json_remove(body, '$.details') where action = '${action}'`,
    ],
    [
      `the kind of the details of ${action}`,
      `update events set body = json_set(body, '$.details', json('[1]')) where action = '${action}'`,
    ],
  ]),
  [
    'the tags set by an event',
    `update events set body = json_remove(body, '$.details.set') where action = 'tag'`,
  ],
  [
    'something added to an event',
    `update events set body = replace(body, '"actor"', '"gates":[],"actor"') where seq = 2`,
  ],
  ['an event that is no JSON any more', `update events set body = '' where seq = 2`],
  ['the time of an event', 'update events set at = 1 where seq = 2'],
  ['the model of an event', "update events set model = 'child' where seq = 2"],
  ['the version of an event', "update events set version = '9.0.0' where seq = 2"],
  ['the stage of an event', "update events set stage = 'production' where seq = 2"],
  ['the action of an event', "update events set action = 'yank' where seq = 2"],
  ['the hash of an event', `update events set hash = '${'0'.repeat(64)}' where seq = 2`],
  ['an event deleted', 'delete from events where seq = 3'],
  ['what a policy asks', `update events set body = replace(body, '0.9', '0.1') where action = 'policy'`],
  ['a policy deleted', `delete from events where action = 'policy'`],
  ['who approved', `update events set body = replace(body, 'ada', 'bob') where action = 'approve'`],
  ['what was approved', `update events set version = '1.0.0' where action = 'approve'`],
  ['for which stage', `update events set stage = 'staging' where action = 'approve'`],
  ['an approval deleted', `delete from events where action = 'approve'`],
  ['what a gate found', `update events set body = replace(body, 'fail', 'pass') where action = 'blocked'`],
  ['a refused promotion, made an approval', `update events set action = 'approve' where action = 'blocked'`],
  ['the last event deleted', 'delete from events where seq = (select max(seq) from events)'],
  ['the first event deleted', 'delete from events where seq = 1'],
  ['all events deleted', 'delete from events'],
  ['the result of a bench', `update measurements set result = replace(result, '1.5', '1.4') where id = 'b1'`],
  ['the result of a bench, no JSON any more', `update measurements set result = '' where id = 'b1'`],
  ['the samples of a bench', `update measurements set samples = x'00' where id = 'b1'`],
  ['the version of a bench', `update measurements set version_id = ${two} where id = 'b1'`],
  ['the status of a bench', `update measurements set status = 'crash' where id = 'b1'`],
  ['the machine of a bench', `update measurements set fingerprint = 'gpu' where id = 'b1'`],
  ['the time of a bench', `update measurements set at = 1 where id = 'b1'`],
  [
    'two measurements swapped',
    `update measurements set seq = (select max(seq) from measurements) - (seq - (select min(seq) from measurements))`,
  ],
  ['the kind of a bench', `update measurements set kind = 'shape' where id = 'b1'`],
  ['the schema of a bench', `update measurements set schema_version = 2 where id = 'b1'`],
  ['the kind of a measurement', `update measurements set kind = 'bench' where id = 's1'`],
  ['the schema of a measurement', `update measurements set schema_version = 1 where id = 's1'`],
  ['the result of a measurement', `update measurements set result = '{"sides":5}' where id = 's1'`],
  ['a measurement deleted', `delete from measurements where id = 's1'`],
  ['a bench deleted', `delete from measurements where id = 'b1'`],
  [
    'a bench made up',
    `insert into measurements select 'b9', version_id, seq, at, fingerprint, status, result, samples, kind, schema_version from measurements where id = 'b1'`,
  ],
  ['the id of the registry', "update registry set id = 'x'"],
  ['the age of the registry', 'update registry set created_at = 1'],
  ['the golden set of a version', `update versions set golden = null where golden is not null`],
  ['a file of a golden set', "update artifact_files set size = size + 1 where path = 'golden.json'"],
  [
    'the description of a version',
    `update versions set amended = '{"description":"best"}' where amended is not null`,
  ],
  ['a description made up', `update versions set amended = '{"metrics":{"auc":1}}' where id = ${two}`],
  ['a description deleted', 'update versions set amended = null'],
  ['which files are executable', 'update versions set executable = null'],
  ['an executable file made up', `update versions set executable = '["model.bin"]' where id = ${two}`],
  [
    'a tag that was removed',
    `insert into version_tags select id, 'c', 'd' from versions where version = '4.0.0'`,
  ],
  ['a tag that was set, deleted', "delete from version_tags where key = 'a'"],
  [
    'a deletion',
    "update versions set deleted_at = null, deleted_by = null, delete_reason = null where version = '5.0.0'",
  ],
  ['the reason of a deletion', "update versions set delete_reason = 'x' where version = '5.0.0'"],
  ['a tag that was imported', "update version_tags set value = 'near' where key = 'from'"],
  ['a tag that was imported, deleted', "delete from version_tags where key = 'from'"],
  ['a link to an imported parent', `delete from version_parents where child_id = ${eight}`],
  [
    'a link to a parent of an imported version, made up',
    `insert into version_parents values (${eight}, ${one})`,
  ],
  [
    'the parents of an imported version',
    `update versions set parents = '["digits@7.0.0"]' where id = ${eight}`,
  ],
  [
    'the metadata of an imported version',
    `update versions set metadata = '{"framework":"x"}' where id = ${eight}`,
  ],
  ['when an imported version was registered', `update versions set created_at = 1 where id = ${eight}`],
  ['an imported version deleted', `delete from versions where id = ${eight}`],
  [
    'the event of an import, another version’s',
    `update versions set registered_seq = (select registered_seq from versions where version = '7.0.0') where id = ${eight}`,
  ],
  ...['$.details.history', '$.details.registry', '$.details.parents', '$.details.facts'].map(
    (path): [string, string] => [
      `${path} of an import`,
      `update events set body = json_remove(body, '${path}') where action = 'import'`,
    ],
  ),
  [
    'the history of an import, to a list of other things',
    `update events set body = json_set(body, '$.details.history', json('[1,null,{"action":"tag"}]')) where action = 'import'`,
  ],
  ['the event of an import, no JSON any more', `update events set body = '' where action = 'import'`],
  ['a stage that was added, deleted', "delete from stages where name = 'canary'"],
  ['a stage deleted', "delete from stages where name = 'staging'"],
  ['a stage made up', "insert into stages values ('qa', 9, 1, null)"],
  ['a stage removed', "update stages set removed_at = 1 where name = 'staging'"],
  ['the order of stages', "update stages set position = -1 where name = 'production'"],
];

const template = makeTemplate();

test('an untouched store has no problems', async (context) => {
  const { store } = await openFilled(context);
  assert.deepEqual(await problemsOf(store), []);
});

for (const [what, ...statements] of tampering) {
  test(`tampering is found: ${what}`, async (context) => {
    const { store, edit } = await openFilled(context);
    for (const statement of statements) assert.ok(edit(statement) > 0, `nothing changed: ${statement}`);
    const problems = await problemsOf(store);
    assert.notDeepEqual(problems, []);
    for (const problem of problems) assert.doesNotMatch(problem, /undefined|\[object/);
  });
}

/** Filled once, and copied for every test. */
async function makeTemplate(): Promise<string> {
  const path = join(tempFolder({ after }), 'mlreg.db');
  const opened = await openSqlite({ path, create: true, waitMs: 5000 });
  await initializeRegistry(opened.db, {
    id: crypto.randomUUID(),
    stages: defaultStages,
    actor: 'ada',
    at: start,
  });
  await fill(sqlMetadataStore(opened));
  await opened.close();
  return path;
}

async function openFilled(context: Cleanup) {
  const path = join(tempFolder(context), 'mlreg.db');
  cpSync(await template, path);
  const opened = await openSqlite({ path, create: false, waitMs: 5000 });
  const raw = new Database(path);
  raw.pragma('foreign_keys = OFF');
  context.after(async () => {
    raw.close();
    await opened.close();
  });
  return {
    store: sqlMetadataStore(opened),
    edit: (statement: string) => raw.prepare(statement).run().changes,
  };
}
