import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { model, openRegistryShell } from '../support/run-cli.ts';
import { demote } from '../../src/registry/stages/demote.ts';
import { promote } from '../../src/registry/stages/promote.ts';
import { openMain } from '../support/run-main.ts';
import { add, editRows, exact, modelName, stage, tempRegistry } from '../support/temp-registry.ts';
import { noTerminal, runOnTerminal } from '../support/terminal.ts';

test('a time that has not come is refused: who will hold a stage is not known', async (t) => {
  const shell = await openRegistryShell(t);
  await shell.json('register', 'digits', model('digits_mlp'));
  await shell.json('promote', 'digits@1.0.0', '--to', 'production');
  const error = await shell.fails(2, 'history', '--at', '2099-01-01');
  assert.equal(error.code, 'INVALID_INPUT');
  assert.match(error.message, /^2099-01-01T00:00:00\.000Z is in the future \(now: 20\d\d-/);
  assert.equal((await shell.json('history', '--at', '0s')).holders.length, 1);
});

test('a day is meant as it began in UTC, and the answer says which instant that is', async (t) => {
  const shell = await openRegistryShell(t);
  await shell.json('register', 'digits', model('digits_mlp'));
  await shell.json('promote', 'digits@1.0.0', '--to', 'production');
  assert.match((await shell.run('history', '--help')).stdout, /\(00:00\s+UTC\)/);
  const none = await shell.run('history', '--at', '2020-01-01');
  assert.match(none.stderr, /all stages were empty at 2020-01-01T00:00:00\.000Z/);
  const now = new Date().toISOString();
  const [row = ''] = (await shell.run('history', '--at', now)).stdout.split('\n');
  assert.deepEqual([row.split('\t')[2], row.split('\t')[4]], ['1.0.0', now]);
});

test('--at with --quiet answers with the holder, or exits 3: an empty answer is none', async (t) => {
  const registry = await tempRegistry(t);
  await add(registry, 'digits', model('digits_mlp'));
  await add(registry, 'other', model('digits_mlp'));
  await promote(registry, { ref: exact('digits@1.0.0'), stage: stage('production') });
  const run = openMain(t);
  const held = (...args: string[]) => run(['history', ...args, '--registry', registry.home]);
  const before = ['--at', '2020-01-01', '--quiet'];
  const after = ['--at', '2026-01-02', '--quiet'];

  for (const args of [['digits', '--stage', 'production'], ['digits'], ['--stage', 'production'], []]) {
    const found = await held(...args, ...after);
    assert.deepEqual([found.code, found.stdout, found.stderr], [0, 'digits@1.0.0\n', ''], args.join(' '));
    const nobody = await held(...args, ...before);
    assert.deepEqual([nobody.code, nobody.stdout], [3, ''], args.join(' '));
    assert.match(
      nobody.stderr,
      /^error: no version held .* at 2020-01-01T00:00:00\.000Z\n {2}try: .*history/,
    );
  }
  for (const args of [['digits', '--stage', 'staging'], ['other'], ['other', '--stage', 'production']])
    assert.equal((await held(...args, ...after)).code, 3, args.join(' '));
  assert.equal((await held('digits', '--at', '2020-01-01')).code, 0, 'people read the warning');
  const json = await held('digits', '--at', '2020-01-01', '--json');
  assert.deepEqual([json.code, JSON.parse(json.stdout).holders], [0, []]);

  for (const [args, sentence] of [
    [['digits', '--stage', 'staging'], 'staging of digits was'],
    [['--stage', 'staging'], 'staging was'],
    [['other'], 'all stages of other were'],
  ] as const) {
    const at = ['--at', '2026-01-02'];
    const told = `${sentence} empty at 2026-01-02T00:00:00.000Z`;
    const pipe = await held(...args, ...at);
    assert.deepEqual([pipe.code, pipe.stdout, pipe.stderr], [0, '', `warning: ${told}\n`]);
    assert.deepEqual(JSON.parse((await held(...args, ...at, '--json')).stdout).warnings, [told]);
    const table = await held(...args, ...at, '--format', 'table');
    assert.deepEqual([table.stdout, table.stderr], [`${told}\n`, ''], 'once');
  }

  await demote(registry, { name: modelName('digits'), stage: stage('production') });
  for (const form of ['table', 'tsv', 'json']) {
    const row = await held('digits', '--at', '2026-01-02', '--format', form);
    assert.match(row.stdout, /digits.*production/);
    assert.doesNotMatch(row.stdout + row.stderr, /empty at/, 'the row tells it');
  }
  const emptied = await held('digits', ...after);
  assert.deepEqual([emptied.code, emptied.stdout], [3, '']);
  await promote(registry, { ref: exact('digits@1.0.0'), stage: stage('staging') });
  await promote(registry, { ref: exact('other@1.0.0'), stage: stage('production') });
  const page = ['--at', '2026-01-02', '--limit', '1'];
  const { nextPage } = JSON.parse((await held(...page, '--json')).stdout);
  const second = await held(...page, '--quiet', '--page', nextPage);
  assert.deepEqual([second.code, second.stdout], [0, ''], 'an earlier page names a holder');
});

test('of an event that a damaged row makes unknown, history says no more than the row', async (t) => {
  const shell = await openRegistryShell(t);
  await shell.json('register', 'digits', model('digits_mlp'));
  editRows(join(shell.cwd, 'registry'), `update events set action = 'toast' where seq = 2`);
  const { code, stdout } = await shell.run('history', 'digits');
  assert.equal(code, 0);
  assert.match(stdout, /^2\t[^\t]+\t[^\t]+\ttoast\tdigits\t1\.0\.0\t/);
  assert.doesNotMatch(stdout, /undefined/);
});

test('history says what was changed, in a pipe and on a terminal', { skip: noTerminal }, async (t) => {
  const shell = await openRegistryShell(t);
  await shell.json('register', 'digits', model('digits_mlp'), '--tag', 'draft=yes', '--no-git');
  await shell.json('tag', 'digits@1.0.0', 'owner=ada', '--remove', 'draft', '-m', 'hers now');
  await shell.json('describe', 'digits@1.0.0', 'what it is', '--metric', 'live_accuracy=0.96125');
  await shell.json('describe', 'digits@1.0.0', '--clear');
  await shell.json('stage', 'add', 'qa', '--after', 'staging');
  writeFileSync(
    join(shell.cwd, 'policy.json'),
    JSON.stringify({ stages: { qa: { require: ['size<1GB'] }, production: { require: ['size<1GB'] } } }),
  );
  await shell.json('policy', 'apply', 'policy.json');
  await shell.json('export', 'digits@1.0.0', '-o', 'one.tar');
  const { digest } = await shell.json('show', 'digits@1.0.0');
  await shell.json('delete', 'digits@1.0.0', '--yes', '-m', 'a mistake');
  await shell.json('gc', '--yes', '--older-than', '0s');
  const other = await openRegistryShell(t);
  await other.json('import', join(shell.cwd, 'one.tar'));

  const rows = (await shell.run('history')).stdout.trimEnd().split('\n');
  const said = rows.map((row) => [row.split('\t')[3], row.split('\t')[10]]);
  assert.deepEqual(said.slice(1).toReversed(), [
    ['init', 'stages staging, production'],
    ['register', ''],
    ['tag', 'set owner=ada, removed draft'],
    ['describe', 'metrics live_accuracy=0.96125, description'],
    ['describe', 'no description'],
    ['stage-add', 'stages staging, qa, production'],
    ['policy', 'for production, qa'],
    ['delete', `was ${digest.slice(0, 19)}`],
  ]);
  assert.match(said[0]?.join(' ') ?? '', /^collect \d+ blobs, [\d,]+ bytes$/);
  assert.equal(rows[6]?.split('\t')[9], 'hers now', 'the columns before stay');
  const [imported = ''] = (await other.run('history')).stdout.split('\n');
  const { registry } = (await other.json('import', join(shell.cwd, 'one.tar'))).versions[0] as unknown as {
    registry: string;
  };
  assert.equal(imported.split('\t')[10], `from registry ${registry}`);

  const terminal = await runOnTerminal(['history', '--no-color'], { cwd: shell.cwd });
  assert.match(terminal.stdout, /tag +digits@1\.0\.0 +set owner=ada, removed/);
  assert.match(terminal.stdout, /hers now/);
  assert.match(terminal.stdout, /^EVENT .* ON +DETAILS$/m);
  assert.match(terminal.stdout, /describe +digits@1\.0\.0 +metrics live_accuracy=0\.9/);
  assert.match(terminal.stdout, /collect +\d+ blobs/);
});
