import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { model, preparedShell } from '../support/run-cli.ts';
import { fixture } from '../support/temp-folder.ts';

const digits = preparedShell(async (shell) => {
  const metadata = ['--metadata', fixture('digits_mlp/metadata.json')];
  await shell.json('register', 'digits', model('digits_mlp'), ...metadata, '--tag', 'team=vision');
  await shell.json('register', 'digits', model('digits_mlp_retrained'), '--metric', 'accuracy=0.9722');
});

test('tag sets and removes, says what is so already, and list finds by it', async (t) => {
  const shell = await digits(t);
  const tagged = await shell.json('tag', 'digits@1.0.0', 'owner=ada', 'eq=a=b', '--remove', 'team');
  assert.deepEqual([tagged.ref, tagged.changed], ['digits@1.0.0', true]);
  assert.equal(tagged.tags['eq'], 'a=b');
  assert.ok(!('team' in tagged.tags));
  const again = await shell.json('tag', 'digits@1.0.0', 'owner=ada', '--remove', 'none');
  assert.deepEqual([again.changed, again.warnings.length], [false, 1]);
  const shown = await shell.json('show', 'digits@1.0.0');
  assert.deepEqual(shown.tags, tagged.tags);
  const given = JSON.parse((await shell.run('show', 'digits@1.0.0', '--metadata')).stdout);
  assert.equal(given.tags.team, 'vision', 'what was given at registration stays');
  const listed = await shell.json('list', 'digits', '--tag', 'owner=ada');
  assert.deepEqual(
    listed.versions.map(({ version }) => version),
    ['1.0.0'],
  );
  assert.deepEqual((await shell.json('list', 'digits', '--tag', 'team=vision')).versions, []);
  const { events } = await shell.json('history', 'digits', '--limit', '1');
  assert.equal(events[0]?.action, 'tag');
  assert.equal((await shell.json('verify')).ok, true);
});

test('tag refuses what it cannot do and changes nothing', async (t) => {
  const shell = await digits(t);
  const refused: [number, string[]][] = [
    [2, ['digits', 'a=b']],
    [2, ['digits@1.0.0']],
    [2, ['digits@1.0.0', 'novalue']],
    [2, ['digits@1.0.0', 'a=1', 'a=2']],
    [2, ['digits@1.0.0', 'a=1', '--remove', 'a']],
    [2, ['digits@1.0.0', '__proto__=x']],
    [2, ['digits@1.0.0', `${'k'.repeat(300)}=x`]],
    [3, ['digits@9.0.0', 'a=b']],
    [3, ['cars@1.0.0', 'a=b']],
  ];
  const before = (await shell.json('history')).events.length;
  for (const [code, args] of refused) await shell.fails(code, 'tag', ...args);
  assert.equal((await shell.json('history')).events.length, before);
});

test('describe gives another description and later metrics; the ones before stay in the history', async (t) => {
  const shell = await digits(t);
  writeFileSync(join(shell.cwd, 'card.md'), '# Digits\nThe small network.\n');
  const described = await shell.json(
    'describe',
    'digits@1.0.0',
    '--description-file',
    'card.md',
    '--metric',
    'live=0.961',
  );
  const page = (await shell.run('show', 'digits@1.0.0')).stdout;
  assert.match(page, /^metric\tlive\t0\.961$/m, 'show prints the metadata as it is now');
  assert.equal(described.metadata.description, '# Digits\nThe small network.\n');
  assert.equal(described.metadata.metrics?.['live'], 0.961);
  const metrics = (await shell.json('show', 'digits@1.0.0')).metadata.metrics;
  assert.equal(metrics?.['live'], 0.961);
  assert.ok('accuracy' in (metrics ?? {}), 'those that were given stay');
  assert.equal((await shell.json('describe', 'digits@1.0.0', '--metric', 'live=0.961')).changed, false);
  const cleared = await shell.json('describe', 'digits@1.0.0', '--clear');
  assert.equal(cleared.metadata.description, undefined);
  const listed = await shell.json('list', 'digits', '--where', 'live>0.96');
  assert.equal(listed.versions.length, 1);
  for (const args of [
    ['digits@1.0.0'],
    ['digits', '--metric', 'auc=1'],
    ['digits@1.0.0', '--metric', 'auc=high'],
  ])
    await shell.fails(2, 'describe', ...args);
  await shell.fails(3, 'describe', 'digits@1.0.0', '--description-file', 'missing.md');
  assert.equal((await shell.json('verify')).ok, true);
});

test('delete asks for --yes, spares what a stage points at, and never frees the number', async (t) => {
  const shell = await digits(t);
  await shell.json('promote', 'digits@1.0.0', '--to', 'production');
  assert.match((await shell.fails(2, 'delete', 'digits@1.0.1')).hint ?? '', /delete digits@1\.0\.1 --yes/);
  for (const loose of ['digits@latest', 'digits@^1', 'digits@1'])
    assert.match((await shell.fails(2, 'delete', loose, '--yes')).message, /exactly one version/, loose);
  const held = await shell.fails(4, 'delete', 'digits@production', '--yes');
  assert.match(held.hint ?? '', /mlreg demote digits --stage production/);
  const gone = await shell.json('delete', 'digits@1.0.1', '--yes', '-m', 'by mistake');
  assert.deepEqual([gone.ref, gone.changed], ['digits@1.0.1', true]);
  await shell.fails(3, 'show', 'digits@1.0.1');
  await shell.fails(3, 'delete', 'digits@1.0.1', '--yes');
  assert.deepEqual(
    (await shell.json('list', 'digits', '--all')).versions.map(({ version }) => version),
    ['1.0.0'],
  );
  const anew = await shell.json(
    'register',
    'digits',
    model('digits_mlp_retrained'),
    '--metric',
    'accuracy=0.9722',
  );
  assert.deepEqual([anew.ref, anew.changed], ['digits@1.0.2', true]);
  const { events } = await shell.json('history', 'digits');
  assert.equal(events.find(({ action }) => action === 'delete')?.message, 'by mistake');
  assert.equal((await shell.json('verify')).ok, true);
});

test('stages are listed, added in their place and removed', async (t) => {
  const shell = await digits(t);
  assert.deepEqual((await shell.json('stage', 'list')).stages, ['staging', 'production']);
  assert.deepEqual((await shell.json('stage', 'add', 'canary', '--after', 'staging')).stages, [
    'staging',
    'canary',
    'production',
  ]);
  assert.equal((await shell.json('stage', 'add', 'canary')).changed, false);
  await shell.json('promote', 'digits@1.0.0', '--to', 'canary');
  assert.equal((await shell.run('show', 'digits@canary', '-q')).stdout, 'digits@1.0.0\n');
  assert.match((await shell.fails(4, 'stage', 'remove', 'canary')).message, /digits/);
  await shell.json('demote', 'digits', '--stage', 'canary');
  assert.deepEqual((await shell.json('stage', 'remove', 'canary')).stages, ['staging', 'production']);
  await shell.fails(3, 'promote', 'digits@1.0.0', '--to', 'canary');
  await shell.fails(3, 'stage', 'remove', 'canary');
  await shell.fails(3, 'stage', 'add', 'qa', '--after', 'canary');
  for (const name of ['latest', 'Prod', '1.0', 'v1', ''])
    assert.equal((await shell.fails(2, 'stage', 'add', name)).code, 'INVALID_INPUT', name);
  await shell.fails(2, 'stage');
  await shell.fails(2, 'stage', 'rename', 'a');
  assert.equal((await shell.run('stage', 'list')).stdout, 'staging\nproduction\n');
  assert.equal(
    (await shell.run('--registry', 'registry', 'stage', 'list', '-q')).stdout,
    'staging\nproduction\n',
  );
  assert.equal((await shell.json('verify')).ok, true);
});

test('register --stage promotes through the same door, and refuses an unknown stage before it stores anything', async (t) => {
  const shell = await digits(t);
  const result = await shell.json('register', 'digits', model('digits_mlp_v2'), '--stage', 'staging');
  assert.deepEqual([result.ref, result.changed], ['digits@1.1.0', true]);
  assert.deepEqual([result.promotion?.stage, result.promotion?.to], ['staging', '1.1.0']);
  const again = await shell.json('register', 'digits', model('digits_mlp_v2'), '--stage', 'staging');
  assert.deepEqual([again.changed, again.promotion?.event], [false, null]);
  const moved = await shell.json('register', 'digits', model('digits_mlp_v2'), '--stage', 'production');
  assert.equal(moved.changed, true, 'the version was there, the stage was not');
  await shell.fails(
    3,
    'register',
    'digits',
    model('digits_conv_external').replace('/model.onnx', ''),
    '--stage',
    'qa',
  );
  assert.equal((await shell.json('list', 'digits')).versions.length, 3);
});

test('a golden set is stored with the version, is part of what it is, and is verified', async (t) => {
  const shell = await digits(t);
  const golden = ['--golden', fixture('digits_mlp/golden.json')];
  const result = await shell.json('register', 'digits', model('digits_mlp'), ...golden);
  assert.equal(result.changed, true);
  assert.equal(result.golden?.files, 1);
  assert.equal((await shell.json('register', 'digits', model('digits_mlp'), ...golden)).changed, false);
  const shown = await shell.json('show', result.ref);
  assert.equal(shown.golden?.digest, result.golden?.digest);
  const plain = await shell.json('register', 'digits', model('digits_mlp'));
  assert.equal(plain.changed, true, 'without one it is another version');
  const blob = join(shell.cwd, 'registry/blobs/sha256', (result.golden?.digest ?? '').replace('sha256:', ''));
  assert.match(readFileSync(blob, 'utf8'), /golden\.json/);
  await shell.fails(2, 'register', 'digits', model('digits_mlp'), '--golden', model('digits_mlp'));
  await shell.fails(3, 'register', 'digits', model('digits_mlp'), '--golden', 'none.json');
});

test('an empty word, as an unset variable leaves it, is never the working folder, a text or a name', async (t) => {
  const shell = await digits(t);
  const before = (await shell.json('history')).events.length;
  const refused = [
    ['register', 'digits', ''],
    ['register', 'digits', model('digits_mlp'), '--metadata', ''],
    ['register', 'digits', model('digits_mlp'), '--golden', ''],
    ['describe', 'digits@1.0.0', ''],
    ['describe', 'digits@1.0.0', '--description-file', ''],
    ['describe', 'digits@1.0.0', 'text', '--clear'],
    ['tag', 'digits@1.0.0', '--remove', ''],
  ];
  for (const args of refused) await shell.fails(2, ...args);
  assert.equal((await shell.json('history')).events.length, before);
});

test('rollback --yank says what it yanked', async (t) => {
  const shell = await digits(t);
  for (const version of ['1.0.0', '1.0.1'])
    await shell.json('promote', `digits@${version}`, '--to', 'production');
  const back = await shell.json('rollback', 'digits', '--yank', '-m', 'bad');
  assert.deepEqual([back.to, back.yanked], ['1.0.0', '1.0.1']);
});

test('the history of a stage that was removed can be read', async (t) => {
  const shell = await digits(t);
  await shell.json('stage', 'add', 'canary');
  await shell.json('promote', 'digits@1.0.0', '--to', 'canary');
  await shell.json('demote', 'digits', '--stage', 'canary');
  await shell.json('stage', 'remove', 'canary');
  const { events } = await shell.json('history', 'digits', '--stage', 'canary');
  assert.deepEqual(
    events.map(({ action }) => action),
    ['demote', 'promote'],
  );
  await shell.fails(3, 'history', '--stage', 'never');
});

test('a deleted version is no child, and names of properties are names of tags', async (t) => {
  const shell = await digits(t);
  const child = await shell.json('register', 'digits', model('digits_mlp_v2'), '--parent', 'digits@1.0.0');
  assert.deepEqual((await shell.json('show', 'digits@1.0.0')).children, [child.ref]);
  await shell.json('delete', child.ref, '--yes');
  assert.deepEqual((await shell.json('show', 'digits@1.0.0')).children, []);
  assert.equal((await shell.json('tag', 'digits@1.0.0', 'a=b', '--remove', 'toString')).changed, true);
});
