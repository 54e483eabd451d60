import assert from 'node:assert/strict';
import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parseMetadata } from '../../src/core/metadata/metadata.ts';
import { parseParamValue } from '../../src/core/metadata/metadata-words.ts';
import { show } from '../../src/registry/inspect/show.ts';
import { verify } from '../../src/registry/maintain/verify.ts';
import { describe } from '../../src/registry/versions/describe.ts';
import { yank } from '../../src/registry/versions/yank.ts';
import { failsWith, fixture, tempFolder } from '../support/temp-folder.ts';
import { add, blobPath, exact, ref, tempRegistry, version } from '../support/temp-registry.ts';

const mlp = fixture('digits_mlp/model.onnx');
const metadata = parseMetadata(readFileSync(fixture('digits_mlp/metadata.json'), 'utf8'), 'metadata.json');

test('a file is registered under its base name, with its signature', async (context) => {
  const registry = await tempRegistry(context);
  const result = await add(registry, 'digits', mlp, { metadata });
  assert.equal(result.ref, 'digits@1.0.0');
  assert.equal(result.changed, true);
  assert.equal(result.bump, 'initial');
  assert.equal(result.format, 'onnx');
  assert.deepEqual(
    result.files.map((file) => [file.path, file.size]),
    [['model.onnx', readFileSync(mlp).length]],
  );
  assert.deepEqual(result.signature?.inputs[0]?.shape, ['batch', 64]);
  const [file] = result.files;
  assert.ok(readFileSync(blobPath(registry.home, file?.digest ?? '')).equals(readFileSync(mlp)));
  const { record } = await show(registry, ref('digits'));
  assert.deepEqual(record.metadata, metadata);
  assert.equal(record.onnx?.graphDigest.length, 71);
  assert.deepEqual(readdirSync(join(registry.home, 'tmp')), []);
  assert.equal((await verify(registry, {})).ok, true);
});

test('the same bytes have the same digest in every registry, under every name and with any metadata', async (context) => {
  const [here, there] = [await tempRegistry(context), await tempRegistry(context)];
  const first = await add(here, 'digits', mlp);
  const second = await add(there, 'team/other', mlp, { metadata: { tags: { a: 'b' } } });
  assert.equal(first.digest, second.digest);
  assert.equal(first.digest, 'sha256:e1c147def05146c6ecd1ccceadd9c2586fa2979cdae266f6dd974977bbcd8c25');
});

test('renaming a file changes the digest', async (context) => {
  const registry = await tempRegistry(context);
  const renamed = join(tempFolder(context), 'other.onnx');
  cpSync(mlp, renamed);
  assert.notEqual((await add(registry, 'a', mlp)).digest, (await add(registry, 'b', renamed)).digest);
});

test('a folder is registered with the external data of its model', async (context) => {
  const registry = await tempRegistry(context);
  const folder = join(tempFolder(context), 'model');
  mkdirSync(folder);
  for (const file of ['model.onnx', 'weights.bin'])
    cpSync(fixture(`digits_conv_external/${file}`), join(folder, file));
  writeFileSync(join(folder, 'empty.txt'), '');
  const result = await add(registry, 'digits', folder);
  assert.deepEqual(
    result.files.map((file) => file.path),
    ['empty.txt', 'model.onnx', 'weights.bin'],
  );
  assert.equal(result.format, 'onnx');
  assert.equal(result.signature?.inputs[0]?.name, 'image');
  assert.equal((await show(registry, ref('digits'))).record.entry, 'model.onnx');
});

test('an external data file that was left behind is missed', async (context) => {
  const registry = await tempRegistry(context);
  await assert.rejects(
    add(registry, 'digits', fixture('digits_conv_external/model.onnx')),
    failsWith('INVALID_INPUT', /"weights\.bin", which is not in the artifact/),
  );
  assert.equal(await registry.metadata.hasModel(ref('digits').name), false);
});

for (const [file, format] of [
  ['logreg.pkl', 'pickle'],
  ['tree.joblib', 'joblib'],
] as const) {
  test(`${file} is registered as ${format}, without a signature`, async (context) => {
    const registry = await tempRegistry(context);
    const result = await add(registry, 'digits', fixture(`pickles/${file}`));
    assert.equal(result.format, format);
    assert.equal(result.signature, null);
  });
}

test('registering again after a lost reply is the same version, and changes nothing', async (context) => {
  const registry = await tempRegistry(context);
  const first = await add(registry, 'digits', mlp, { metadata });
  registry.clock.at += 60_000;
  const again = await add(registry, 'digits', mlp, { metadata, gitFolder: fixture('.') });
  assert.deepEqual(again, { ...first, changed: false });
  assert.equal((await registry.metadata.events({ limit: 10 })).length, 2);
});

test('of metadata only the content counts, not the order of its keys', async (context) => {
  const registry = await tempRegistry(context);
  await add(registry, 'digits', mlp, { metadata: { metrics: { a: 1, b: 2 }, tags: { t: 'x' } } });
  const again = await add(registry, 'digits', mlp, {
    metadata: { tags: { t: 'x' }, metrics: { b: 2, a: 1 } },
  });
  assert.equal(again.changed, false);
});

test('what changed decides the next number', async (context) => {
  const registry = await tempRegistry(context);
  const steps: [path: string, version: string, bump: string, metadata?: object][] = [
    ['digits_mlp/model.onnx', '1.0.0', 'initial'],
    ['digits_mlp/model.onnx', '1.0.1', 'patch', { tags: { run: '2' } }],
    ['digits_mlp_retrained/model.onnx', '1.0.2', 'patch'],
    ['digits_mlp_v2/model.onnx', '1.1.0', 'minor'],
    ['breast_cancer_lr/model.onnx', '2.0.0', 'major'],
    ['pickles/logreg.pkl', '3.0.0', 'major'],
  ];
  for (const [path, number, bump, given = {}] of steps) {
    const result = await add(registry, 'digits', fixture(path), { metadata: given });
    assert.equal(result.version, number, path);
    assert.equal(result.bump, bump, path);
  }
});

test('a yanked match is a conflict that says how to go on', async (context) => {
  const registry = await tempRegistry(context);
  await add(registry, 'digits', mlp);
  await yank(registry, { ref: exact('digits@1.0.0'), reason: 'leaks' });
  await assert.rejects(
    add(registry, 'digits', mlp),
    failsWith('CONFLICT', /digits@1\.0\.0, which is yanked: leaks/),
  );
  assert.equal((await add(registry, 'digits', mlp, { ifExists: 'new' })).version, '1.0.1');
});

test('on request a match is a conflict, or a new version', async (context) => {
  const registry = await tempRegistry(context);
  await add(registry, 'digits', mlp);
  await assert.rejects(
    add(registry, 'digits', mlp, { ifExists: 'fail' }),
    failsWith('CONFLICT', /registered as digits@1\.0\.0/),
  );
  assert.equal((await add(registry, 'digits', mlp, { ifExists: 'new' })).version, '1.0.1');
  assert.equal((await add(registry, 'new-one', mlp, { ifExists: 'fail' })).version, '1.0.0');
});

test('a number that is taken is a conflict, and why is said', async (context) => {
  const registry = await tempRegistry(context);
  const number = (text: string) => ({ number: { kind: 'exact', version: version(text) } }) as const;
  await add(registry, 'digits', mlp, number('1.0.0+gpu'));
  const others: [text: string, why: RegExp][] = [
    ['1.0.0+gpu', /has different bytes or metadata/],
    ['1.0.0+cpu', /has the same precedence as 1\.0\.0\+cpu/],
  ];
  for (const [text, why] of others) {
    const attempt = add(registry, 'digits', fixture('pickles/logreg.pkl'), number(text));
    await assert.rejects(attempt, failsWith('CONFLICT', why));
  }
  assert.equal((await add(registry, 'digits', mlp, number('1.0.0+gpu'))).changed, false);
});

test('parents are recorded as the versions they were then', async (context) => {
  const registry = await tempRegistry(context);
  await add(registry, 'base', mlp);
  const child = await add(registry, 'digits', fixture('digits_mlp_v2/model.onnx'), {
    metadata: { parents: ['base@^1'] },
  });
  assert.deepEqual(child.parents, ['base@1.0.0']);
  assert.deepEqual((await show(registry, ref('base'))).children, ['digits@1.0.0']);
  const orphan = add(registry, 'digits', mlp, { metadata: { parents: ['nobody@1.0.0'] } });
  await assert.rejects(orphan, failsWith('NOT_FOUND', /no model "nobody"/));
});

test('of several ONNX files the one that is meant can be named', async (context) => {
  const registry = await tempRegistry(context);
  const folder = tempFolder(context);
  for (const name of ['a.onnx', 'b.onnx']) cpSync(mlp, join(folder, name));
  const vague = await add(registry, 'digits', folder);
  assert.equal(vague.signature, null);
  assert.match(vague.warnings[0] ?? '', /2 ONNX files; name the main one/);
  const clear = await add(registry, 'cars', folder, { entry: 'b.onnx' });
  assert.equal(clear.signature?.inputs[0]?.name, 'X');
  const wrong = add(registry, 'cars', folder, { entry: 'c.onnx' });
  await assert.rejects(wrong, failsWith('INVALID_INPUT', /"c\.onnx" is not a file of the artifact/));
});

test('progress counts to the size of the artifact, and no further', async (context) => {
  const registry = await tempRegistry(context);
  const seen: number[] = [];
  const { size } = await add(registry, 'digits', mlp, {
    onProgress: ({ done, total }) => {
      assert.equal(total, readFileSync(mlp).length);
      seen.push(done);
    },
  });
  assert.equal(Math.max(...seen), size);
});

test('the row is written after the folder of the blobs was synced, even for bytes another process has just stored', async (context) => {
  const registry = await tempRegistry(context);
  await add(registry, 'digits', mlp);
  const order: string[] = [];
  const { blobs, metadata: rows } = registry;
  const watched = {
    ...registry,
    blobs: { ...blobs, sync: () => (order.push('sync'), blobs.sync()) },
    metadata: {
      ...rows,
      register: (input: Parameters<typeof rows.register>[0]) => (order.push('row'), rows.register(input)),
    },
  };
  await add(watched, 'other', mlp);
  assert.deepEqual(order, ['sync', 'row']);
});

test('an interrupted registration leaves nothing behind', async (context) => {
  const registry = await tempRegistry(context);
  const stop = new AbortController();
  const reason = new Error('interrupted');
  const large = join(tempFolder(context), 'large.bin');
  writeFileSync(large, Buffer.alloc(4 * 1024 * 1024));
  const stopped = { ...registry, signal: stop.signal };
  await assert.rejects(add(stopped, 'digits', large, { onProgress: () => stop.abort(reason) }), reason);
  stop.abort();
  await assert.rejects(
    add({ ...registry, signal: AbortSignal.abort() }, 'digits', large),
    (error: Error) => error.name === 'AbortError',
  );
  assert.deepEqual(readdirSync(join(registry.home, 'tmp')), []);
  assert.deepEqual(readdirSync(join(registry.home, 'blobs', 'sha256')), []);
});

test('a parent is one parent, however often and in whatever spelling it is named', async (context) => {
  const registry = await tempRegistry(context);
  await add(registry, 'base', mlp);
  await add(registry, 'other', mlp);
  const parents = ['base@1.0.0', 'other@1.0.0', 'base#v1.0.0', 'base', 'base@1.0.0'];
  const result = await add(registry, 'digits', mlp, { metadata: { parents } });
  assert.deepEqual(result.parents, ['base@1.0.0', 'other@1.0.0']);
  const record = await registry.metadata.version(result.name, result.version);
  assert.deepEqual(record?.parents, ['base@1.0.0', 'other@1.0.0']);
  assert.deepEqual(record?.metadata.parents, parents, 'as it was given: the identity is made of it');
  assert.equal((await add(registry, 'digits', mlp, { metadata: { parents } })).changed, false);
  assert.deepEqual((await verify(registry, {})).problems, []);
});

test('a run is an absolute URL, of any scheme', async (context) => {
  const registry = await tempRegistry(context);
  for (const run of [
    'notaurl',
    'runs/1',
    '//host/run',
    'https://',
    ' https://example.com',
    'run 7: good',
    '7:1',
  ])
    await assert.rejects(
      add(registry, 'digits', mlp, { metadata: { run } }),
      failsWith('INVALID_INPUT', /"run" must be an absolute URL, not ".*"/),
      run,
    );
  assert.equal(await registry.metadata.hasModel(ref('digits').name), false);
  for (const run of [
    'https://example.com/runs/1',
    'mlflow-artifacts:/1/abc',
    's3://bucket/run',
    'urn:uuid:1',
  ])
    assert.equal((await add(registry, 'digits', mlp, { metadata: { run } })).changed, true, run);
});

test('no metric has control characters in its name, which no gate could name', async (context) => {
  const registry = await tempRegistry(context);
  const metrics = { 'a\u001b[31m\nb': 1 };
  await assert.rejects(
    add(registry, 'digits', mlp, { metadata: { metrics } }),
    failsWith(
      'INVALID_INPUT',
      /^invalid metadata: the name of the metric "a\\u\{1b\}\[31m\\u\{0a\}b" has control characters$/,
    ),
  );
  await add(registry, 'digits', mlp);
  await assert.rejects(
    describe(registry, { ref: exact('digits@1.0.0'), amendment: { metrics } }),
    failsWith('INVALID_INPUT', /the name of the metric .* has control characters/),
  );
});

test('two seeds that one double stands for are two versions, and one seed is the same by flag and by file', async (context) => {
  const registry = await tempRegistry(context);
  const seeded = (seed: string) =>
    add(registry, 'digits', mlp, { metadata: parseMetadata(`{"params":{"seed":${seed}}}`, 'metadata.json') });
  const [one, other] = [await seeded('9007199254740993'), await seeded('9007199254740995')];
  assert.deepEqual([one.version, other.version, other.changed], ['1.0.0', '1.0.1', true]);
  const byFlag = { params: { seed: parseParamValue('9007199254740995') } };
  const again = await add(registry, 'digits', mlp, { metadata: byFlag });
  assert.deepEqual([again.version, again.changed], ['1.0.1', false]);
  assert.deepEqual((await show(registry, ref('digits@1.0.0'))).record.metadata.params, {
    seed: '9007199254740993',
  });
});
