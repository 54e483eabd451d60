import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { model, openRegistryShell, openShell } from '../support/run-cli.ts';
import { fixture } from '../support/temp-folder.ts';

const sha256 = (path: string): string =>
  `sha256:${createHash('sha256').update(readFileSync(path)).digest('hex')}`;

const train = fixture('digits_mlp/train.csv');
const digitsWithMetadata = [
  'register',
  'digits',
  model('digits_mlp'),
  '--metadata',
  fixture('digits_mlp/metadata.json'),
  '--data',
  `train=${train}`,
];

test('a model with metadata and data becomes 1.0.0, and is found again when it is registered again', async (t) => {
  const shell = openShell(t);
  const init = await shell.json('init');
  assert.equal(init.command, 'init');
  assert.equal(init.changed, true);
  assert.equal(init.registry, join(shell.cwd, 'registry'));
  assert.deepEqual(init.stages, ['staging', 'production']);
  assert.equal((await shell.json('init')).changed, false);

  const first = await shell.json(...digitsWithMetadata);
  assert.deepEqual(
    [first.command, first.changed, first.ref, first.name, first.version, first.bump, first.previous],
    ['register', true, 'digits@1.0.0', 'digits', '1.0.0', 'initial', null],
  );
  assert.match(first.digest, /^sha256:[0-9a-f]{64}$/);
  assert.ok(first.bumpReason.length > 0);
  assert.deepEqual(first.files, [
    {
      path: 'model.onnx',
      digest: sha256(model('digits_mlp')),
      size: readFileSync(model('digits_mlp')).length,
    },
  ]);
  assert.deepEqual(first.signature?.inputs, [
    { name: 'X', type: 'tensor(float32)', dtype: 'float32', shape: ['batch', 64] },
  ]);
  assert.deepEqual(
    first.signature?.outputs.map(({ name, dtype, shape }) => ({ name, dtype, shape })),
    [
      { name: 'label', dtype: 'int64', shape: ['batch'] },
      { name: 'probabilities', dtype: 'float32', shape: ['batch', 10] },
    ],
  );
  assert.deepEqual(first.data, [{ name: 'train', hash: sha256(train), size: readFileSync(train).length }]);

  const again = await shell.json(...digitsWithMetadata);
  assert.deepEqual([again.changed, again.ref, again.digest], [false, 'digits@1.0.0', first.digest]);
  await shell.fails(4, ...digitsWithMetadata, '--if-exists', 'fail');
  assert.equal((await shell.json(...digitsWithMetadata, '--if-exists', 'new')).version, '1.0.1');

  const shown = await shell.json('show', 'digits@1.0.0');
  const given = JSON.parse(
    readFileSync(fixture('digits_mlp/metadata.json'), 'utf8'),
  ) as typeof shown.metadata;
  assert.deepEqual(shown.metadata.metrics, given.metrics);
  assert.deepEqual(shown.metadata.params, given.params);
  assert.deepEqual(shown.tags, given.tags);
  assert.equal(shown.metadata.description, given.description);
  assert.equal(shown.metadata.data?.[0]?.hash, sha256(train));
  assert.deepEqual([shown.digest, shown.stages, shown.yanked], [first.digest, [], false]);
});

test('the next number says what changed: weights patch, graph minor, signature major; a folder is one artifact', async (t) => {
  const shell = await openRegistryShell(t);
  const steps: [path: string, version: string, bump: string, reason: RegExp][] = [
    [model('digits_mlp'), '1.0.0', 'initial', /./],
    [model('digits_mlp_retrained'), '1.0.1', 'patch', /the weights changed/],
    [model('digits_mlp_v2'), '1.1.0', 'minor', /graph/],
    [model('diabetes_trees'), '2.0.0', 'major', /features/],
    [fixture('digits_conv_external'), '3.0.0', 'major', /image/],
  ];
  for (const [index, [path, version, bump, reason]] of steps.entries()) {
    const result = await shell.json('register', 'digits', path);
    assert.deepEqual([result.version, result.bump], [version, bump]);
    assert.match(result.bumpReason, reason);
    assert.equal(result.previous, steps[index - 1]?.[1] ?? null);
  }
  const { files, signature } = await shell.json('show', 'digits@3.0.0');
  const paths = files.map(({ path }) => path);
  assert.ok(paths.includes('model.onnx') && paths.includes('weights.bin'), paths.join(' '));
  assert.deepEqual(signature?.inputs[0]?.shape, ['batch', 1, 8, 8]);

  const list = await shell.json('list', 'digits');
  assert.deepEqual(
    list.versions.map(({ version }) => version),
    ['3.0.0', '2.0.0', '1.1.0', '1.0.1', '1.0.0'],
  );
  assert.deepEqual((await shell.json('list')).models, [
    { name: 'digits', versions: 5, latest: '3.0.0', stages: {}, description: null, owner: null },
  ]);
});

test('promotions are recorded: who held production at a time can be asked', async (t) => {
  const shell = await openRegistryShell(t, { MLREG_ACTOR: 'ada' });
  await shell.json('register', 'digits', model('digits_mlp'));
  await shell.json('register', 'digits', model('digits_mlp_retrained'));
  const first = await shell.json('promote', 'digits@1.0.0', '--to', 'production', '-m', 'first');
  assert.deepEqual([first.from, first.to, first.generation, first.changed], [null, '1.0.0', 1, true]);
  assert.deepEqual([first.event?.actor, first.event?.message], ['ada', 'first']);
  const second = await shell.json('promote', 'digits@latest', '--to', 'production', '--expect', '1.0.0');
  assert.deepEqual([second.from, second.to, second.generation], ['1.0.0', '1.0.1', 2]);
  const retry = await shell.json('promote', 'digits@1.0.1', '--to', 'production', '--expect', '1.0.0');
  assert.deepEqual(
    [retry.changed, retry.to, retry.event],
    [false, '1.0.1', null],
    'a retry after a lost reply',
  );
  assert.deepEqual((await shell.json('show', 'digits@production')).stages, ['production']);

  const held = async (at: string | undefined) =>
    (await shell.json('history', 'digits', '--stage', 'production', '--at', at ?? '')).holders;
  assert.deepEqual(await held(first.event?.at), [
    { name: 'digits', stage: 'production', version: '1.0.0', since: first.event?.at },
  ]);
  assert.deepEqual(
    (await held(second.event?.at)).map(({ version }) => version),
    ['1.0.1'],
  );
  assert.deepEqual(await held('2020-01-01'), []);

  const { events } = await shell.json('history', 'digits', '--stage', 'production');
  assert.deepEqual(
    events.map(({ action, from, to }) => [action, from, to]),
    [
      ['promote', '1.0.0', '1.0.1'],
      ['promote', null, '1.0.0'],
    ],
  );
  assert.equal((await shell.json('history', '--limit', '1')).events.length, 1);
});

test('--expect against another holder exits 4, names the holder and moves nothing', async (t) => {
  const shell = await openRegistryShell(t);
  for (const name of ['digits_mlp', 'digits_mlp_retrained', 'digits_mlp_v2'])
    await shell.json('register', 'digits', model(name));
  await shell.json('promote', 'digits@1.0.1', '--to', 'production', '--expect', 'none');
  for (const expected of ['1.0.0', 'none']) {
    const error = await shell.fails(4, 'promote', 'digits@1.1.0', '--to', 'production', '--expect', expected);
    assert.equal(error.code, 'CONFLICT');
    assert.match(error.message, /but 1\.0\.1 holds it/);
    assert.equal(error.details?.['holder'], '1.0.1');
  }
  for (const verb of [
    ['demote', 'digits'],
    ['rollback', 'digits'],
  ])
    await shell.fails(4, ...verb, '--stage', 'production', '--expect', '1.0.0');
  const dry = await shell.json('promote', 'digits@1.1.0', '--to', 'production', '--dry-run');
  assert.deepEqual([dry.dryRun, dry.changed, dry.from, dry.to], [true, false, '1.0.1', '1.1.0']);
  const holder = await shell.json('show', 'digits@production');
  assert.equal(holder.version, '1.0.1');
});

test('what is pulled has the digests of what was registered', async (t) => {
  const shell = await openRegistryShell(t);
  await shell.json('register', 'team/conv', fixture('digits_conv_external'));
  const pulled = await shell.json('pull', 'team/conv', '-o', 'out');
  assert.equal(pulled.changed, true);
  for (const name of ['model.onnx', 'weights.bin']) {
    const digest = sha256(join(shell.cwd, 'out', name));
    assert.equal(digest, sha256(fixture(`digits_conv_external/${name}`)));
    assert.equal(pulled.files.find(({ path }) => path === name)?.digest, digest);
  }
  assert.equal((await shell.json('pull', 'team/conv', '-o', 'out')).changed, false);
  const byDefault = await shell.json('pull', 'team/conv@1.0.0');
  assert.equal(
    sha256(join(shell.cwd, byDefault.directory, 'model.onnx')),
    sha256(model('digits_conv_external')),
  );
});

test('pull leaves files of other content alone, unless it is forced', async (t) => {
  const shell = await openRegistryShell(t);
  await shell.json('register', 'digits', model('digits_mlp'));
  await shell.json('register', 'digits', model('digits_mlp_v2'));
  await shell.json('pull', 'digits@1.0.0', '-o', 'out');
  const error = await shell.fails(4, 'pull', 'digits@1.1.0', '-o', 'out');
  assert.match(error.hint ?? '', /--force/);
  assert.equal(sha256(join(shell.cwd, 'out', 'model.onnx')), sha256(model('digits_mlp')));
  await shell.json('pull', 'digits@1.1.0', '-o', 'out', '--force');
  assert.equal(sha256(join(shell.cwd, 'out', 'model.onnx')), sha256(model('digits_mlp_v2')));
});

test('a yanked version is passed by, still fetched by its number, and comes back', async (t) => {
  const shell = await openRegistryShell(t);
  await shell.json('register', 'digits', model('digits_mlp'));
  await shell.json('register', 'digits', model('digits_mlp_retrained'));
  await shell.json('promote', 'digits@1.0.1', '--to', 'staging');
  const yanked = await shell.json('yank', 'digits@1.0.1', '-m', 'leaked labels');
  assert.equal(yanked.changed, true);
  assert.match(yanked.warnings.join(), /staging/);
  assert.equal((await shell.json('yank', 'digits@1.0.1', '-m', 'leaked labels')).changed, false);
  assert.equal((await shell.json('show', 'digits')).version, '1.0.0');
  assert.equal((await shell.json('show', 'digits@staging')).version, '1.0.1', 'no stage is moved');
  assert.match(JSON.stringify((await shell.json('show', 'digits@1.0.1')).yanked), /leaked labels/);
  assert.equal((await shell.json('pull', 'digits@1.0.1')).version, '1.0.1');
  assert.equal((await shell.fails(4, 'promote', 'digits@1.0.1', '--to', 'production')).code, 'CONFLICT');
  assert.equal((await shell.fails(4, 'register', 'digits', model('digits_mlp_retrained'))).code, 'CONFLICT');
  assert.deepEqual(
    (await shell.json('list', 'digits')).versions.map(({ version }) => version),
    ['1.0.0'],
  );
  assert.equal((await shell.json('list', 'digits', '--all')).versions.length, 2);
  assert.equal((await shell.json('unyank', 'digits@1.0.1')).changed, true);
  assert.equal((await shell.json('show', 'digits')).version, '1.0.1');
});

test('a pipe is shown all that is known of a version', async (t) => {
  const shell = await openRegistryShell(t, { MLREG_ACTOR: 'ada' });
  await shell.json('register', 'digits', model('digits_mlp'));
  writeFileSync(
    join(shell.cwd, 'm.json'),
    JSON.stringify({
      description: 'Two\nlines',
      framework: 'scikit-learn 1.9',
      source: { commit: 'abc123', dirty: true },
      run: 'https://example.com/runs/1',
    }),
  );
  const golden = fixture('digits_mlp_retrained/golden.json');
  const args = ['--metadata', 'm.json', '--golden', golden, '--parent', 'digits@1.0.0', '--no-git'];
  await shell.json('register', 'digits', model('digits_mlp_retrained'), ...args);
  const quick = ['--iterations', '150', '--warmup', '3', '--launches', '2', '--threads', '1'];
  assert.equal((await shell.run('bench', 'digits@1.0.1', ...quick)).code, 0);
  const {
    benches,
    bumpReason,
    golden: stored,
  } = (await shell.json('show', 'digits')) as unknown as {
    benches: { id: string; at: string; fingerprint: string; latencyMs: { p50: { value: number } } }[];
    bumpReason: string;
    golden: { digest: string };
  };
  const { stdout } = await shell.run('show', 'digits');
  const rows = stdout
    .trimEnd()
    .split('\n')
    .map((line) => line.split('\t'));
  const of = (key: string): string[][] => rows.filter((row) => row[0] === key).map((row) => row.slice(1));
  assert.deepEqual(of('description'), [['Two\\u{0a}lines']]);
  assert.deepEqual(of('framework'), [['scikit-learn 1.9']]);
  assert.deepEqual(of('source'), [
    ['commit', 'abc123'],
    ['dirty', 'true'],
  ]);
  assert.deepEqual(of('run'), [['https://example.com/runs/1']]);
  assert.deepEqual(of('previous'), [['1.0.0']]);
  assert.deepEqual(of('bump'), [['patch', bumpReason]]);
  assert.deepEqual(of('entry'), [['model.onnx']]);
  assert.deepEqual(of('golden'), [[stored.digest, '1']]);
  assert.deepEqual(of('parent'), [['digits@1.0.0']]);
  const [bench] = benches;
  assert.deepEqual(of('bench')[0]?.slice(0, 5), [
    bench?.id,
    bench?.at,
    'ok',
    bench?.fingerprint,
    String(bench?.latencyMs.p50.value),
  ]);
  assert.equal(
    (await shell.run('show', 'digits@1.0.0')).stdout.includes('\nrun\t'),
    false,
    'what is not known has no row',
  );
});
