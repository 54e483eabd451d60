import Database from 'better-sqlite3';
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { parseDigest, type Digest } from '../../src/core/versions/artifact.ts';
import { MlregError } from '../../src/core/errors.ts';
import { verify } from '../../src/registry/maintain/verify.ts';
import { yank } from '../../src/registry/versions/yank.ts';
import { failsWith, fixture } from '../support/temp-folder.ts';
import { add, editRows, exact, ref, reopen, tempRegistry } from '../support/temp-registry.ts';

const model = fixture('digits_mlp/model.onnx');
const other = fixture('digits_mlp_v2/model.onnx');

const edits: [what: string, problem: RegExp, statement: string][] = [
  [
    'metadata',
    /does not match its registration/,
    `update versions set metadata = '{}' where version = '1.0.0'`,
  ],
  [
    'a yank',
    /its row says yanked, but its events do not/,
    `update versions set yanked_at = 1 where version = '1.0.0'`,
  ],
  ['tags', /its tags were changed/, `update version_tags set value = 'x'`],
  [
    'parents',
    /its links to its parents/,
    `insert into version_parents select id, id from versions where version = '1.0.0'`,
  ],
  [
    'its event',
    /does not match its hash/,
    `update events set body = replace(body, 'tester', 'eve') where seq = 2`,
  ],
];

for (const [what, problem, statement] of edits) {
  test(`verify of one version finds that ${what} was changed, and others are sound`, async (context) => {
    const registry = await tempRegistry(context);
    await add(registry, 'digits', model, { metadata: { metrics: { auc: 0.9 }, tags: { team: 'vision' } } });
    await add(registry, 'digits', other);
    assert.equal((await verify(registry, { ref: ref('digits@1.0.0') })).ok, true);
    assert.ok(editRows(registry.home, statement) > 0);
    const found = await verify(registry, { ref: ref('digits@1.0.0') });
    assert.equal(found.ok, false);
    assert.match(found.problems.map((one) => one.problem).join('\n'), problem);
    assert.equal((await verify(registry, { ref: ref('digits@1.1.0') })).ok, true);
  });
}

test('verify of a yanked version is sound', async (context) => {
  const registry = await tempRegistry(context);
  await add(registry, 'digits', model);
  await yank(registry, { ref: exact('digits@1.0.0'), reason: 'bad' });
  assert.equal((await verify(registry, { ref: ref('digits@1.0.0') })).ok, true);
});

test('a blob that cannot be read is one problem, and the others are verified', async (context) => {
  const registry = await tempRegistry(context);
  const digest = parseDigest((await add(registry, 'digits', model)).digest);
  await add(registry, 'digits', other);
  const sound = await verify(registry, {});
  const failing = {
    ...registry.blobs,
    check: async (asked: Digest) => {
      if (asked === digest) throw new MlregError('STORAGE', 'the disk reports an error', { hint: 'none' });
      return registry.blobs.check(asked);
    },
  };
  const found = await verify({ ...registry, blobs: failing }, {});
  assert.equal(found.checked.blobs, sound.checked.blobs);
  assert.deepEqual(found.problems, [
    { subject: digest, problem: 'cannot be read: the disk reports an error' },
  ]);
  assert.equal(
    (await verify({ ...registry, blobs: failing }, { ref: ref('digits@1.0.0') })).problems.length,
    1,
  );
});

test('an abort ends a verification', async (context) => {
  const registry = await tempRegistry(context);
  await add(registry, 'digits', model);
  const interrupted = new MlregError('INTERRUPTED', 'asked to stop', { hint: 'none' });
  const blobs = { ...registry.blobs, check: () => Promise.reject(interrupted) };
  await assert.rejects(verify({ ...registry, blobs }, {}), failsWith('INTERRUPTED'));
});

test('a damaged name in the definition of a table is found, and one too many', async (context) => {
  const registry = await tempRegistry(context);
  await add(registry, 'digits', model);
  await registry.close();
  const database = new Database(join(registry.home, 'mlreg.db')).unsafeMode();
  database.pragma('writable_schema = ON');
  database.exec(
    `UPDATE sqlite_schema SET sql = replace(sql, 'created_at', 'cbeated_at') WHERE name = 'models'`,
  );
  database.close();
  editRows(registry.home, 'CREATE INDEX theirs ON versions (version)');
  const { problems } = await verify(await reopen(context, registry.home), {});
  assert.deepEqual(problems, [
    { subject: 'database', problem: 'the table models has an unexpected definition' },
    { subject: 'database', problem: 'unexpected index "theirs"' },
    // What asks for the column cannot be compared; the rest was.
    { subject: 'database', problem: "the registry's database is damaged (SQLITE_ERROR)" },
  ]);
});

const definitions: [what: string, problem: RegExp, statement: string][] = [
  [
    'of an index that SQLite made for a constraint',
    /^the index sqlite_autoindex_stages_1 has an unexpected definition$/,
    `update sqlite_schema set tbl_name = 'st\`ges' where name = 'sqlite_autoindex_stages_1'`,
  ],
  [
    'in which a column got a capital letter, by which SQLite still finds it, and names it so',
    /^the table artifacts has an unexpected definition$/,
    `update sqlite_schema set sql = replace(sql, 'digest TEXT PRIMARY', 'digesT TEXT PRIMARY') where name = 'artifacts'`,
  ],
  [
    'without the key that others refer to',
    /foreign key mismatch|has an unexpected definition/,
    `update sqlite_schema set sql = replace(sql, 'digest TEXT PRIMARY KEY', 'dioest TEXT PRIMARY KEY') where name = 'artifacts'`,
  ],
  [
    'whose name is bytes and no text',
    /^unexpected table "artifacts"$/,
    `update sqlite_schema set name = cast(name as blob) where name = 'artifacts'`,
  ],
];

for (const [what, problem, statement] of definitions) {
  test(`verify finds a damaged definition ${what}`, async (context) => {
    const registry = await tempRegistry(context);
    await add(registry, 'digits', model);
    await registry.close();
    const database = new Database(join(registry.home, 'mlreg.db')).unsafeMode();
    database.pragma('writable_schema = ON');
    assert.equal(database.prepare(statement).run().changes, 1, statement);
    database.close();
    const { problems } = await verify(await reopen(context, registry.home), {});
    assert.ok(
      problems.some((one) => problem.test(one.problem)),
      JSON.stringify(problems),
    );
  });
}

test('a row that names a path for a blob is a problem, and the path is not looked at', async (context) => {
  const registry = await tempRegistry(context);
  await add(registry, 'digits', model);
  await add(registry, 'digits', other);
  const sound = await verify(registry, {});
  const outside = '../../../../../../../etc/passwd';
  editRows(registry.home, 'update artifact_files set blob_digest = ? where rowid = 1', `sha256:${outside}`);
  const found = await verify(registry, {});
  assert.ok(found.problems.some(({ problem }) => problem.endsWith('which is not a digest')));
  assert.equal(found.checked.blobs, sound.checked.blobs, 'the others are verified');
  await assert.rejects(registry.blobs.check(`sha256:${outside}` as Digest), failsWith('INTEGRITY'));
});
