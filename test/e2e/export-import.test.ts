import assert from 'node:assert/strict';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { finished, model, preparedShell, startCli } from '../support/run-cli.ts';
import { fixture } from '../support/temp-folder.ts';
import { noTerminal, runOnTerminal } from '../support/terminal.ts';

/**
 * A registry with digits 1.0.0, golden set and all, exported to d.tar; and one in `new` with
 * nothing in it.
 */
const exportedShell = preparedShell(async (shell) => {
  const metadata = ['--metadata', fixture('digits_mlp/metadata.json')];
  await shell.json(
    'register',
    'digits',
    model('digits_mlp'),
    ...metadata,
    '--golden',
    fixture('digits_mlp/golden.json'),
  );
  await shell.json('register', 'digits', model('digits_mlp_v2'), '--parent', 'digits@1.0.0');
  await shell.json('export', 'digits', '--all', '-o', 'd.tar');
  await shell.json('init', 'new');
});

const others = ['--registry', 'new'];

test('from one registry into another: the same digest and metadata, and a second import changes nothing', async (t) => {
  const shell = await exportedShell(t);
  const first = await shell.json('import', 'd.tar', ...others);
  assert.deepEqual([first.changed, first.versions.length], [true, 2]);
  assert.equal((await shell.json('import', 'd.tar', ...others)).changed, false);
  assert.equal((await shell.json('verify', ...others)).ok, true);
  const here = await shell.json('show', 'digits@1.0.0');
  const there = await shell.json('show', 'digits@1.0.0', ...others);
  assert.deepEqual({ ...there, imported: null }, here);
  assert.equal((await shell.run('compare', 'digits@1.0.0', 'digits', ...others)).code, 0);
  assert.equal((await shell.run('test', 'digits@1.0.0', ...others)).code, 0);
  const { events } = await shell.json('history', ...others);
  const [, imported] = events.toReversed();
  const history = imported?.details['history'] as { action: string; at: string }[];
  assert.deepEqual(
    history.map(({ action, at }) => [action, at]),
    [['register', here.createdAt]],
    'times are spelled as everywhere',
  );
  assert.deepEqual(
    events.map(({ action }) => action),
    ['import', 'import', 'init'],
  );
});

test('import names the option that an export has no use for, and an empty one', async (t) => {
  const shell = await exportedShell(t);
  const bumped = await shell.run('import', 'd.tar', '--bump', 'auto', ...others);
  assert.equal(bumped.code, 2);
  assert.match(bumped.stderr, /error: --bump is for artifacts of other tools[^]*omit --bump:/);
  const empty = await shell.run('import', 'd.tar', '--select', '', ...others);
  assert.deepEqual([empty.code, empty.stderr.split('\n')[0]], [2, 'error: --select is empty']);
});

test('what is new since comes over, and what was changed here since is kept, in every form of the result', async (t) => {
  const shell = await exportedShell(t);
  await shell.json('import', 'd.tar', ...others);
  await shell.json('tag', 'digits@1.0.0', 'owner=ada', 'site=a');
  await shell.json('tag', 'digits@1.0.0', 'owner=bob', ...others);
  await shell.json('export', 'digits', '--all', '-o', 'later.tar');
  const { code, stdout, stderr } = await shell.run('import', 'later.tar', ...others);
  assert.equal(code, 0);
  assert.match(stdout, /^digits@1\.0\.0\t\S+\tupdated\ndigits@1\.1\.0\t\S+\tunchanged\n$/);
  const kept = 'kept digits@1.0.0 tag owner: "bob" here, "ada" in the import';
  assert.equal(stderr, `note: ${kept}\n`);
  const again = (await shell.json('import', 'later.tar', ...others)) as unknown as { kept: unknown };
  assert.deepEqual(again.kept, [
    { ref: 'digits@1.0.0', kind: 'tag', name: 'owner', here: 'bob', there: 'ada' },
  ]);
  const text = (await shell.run('import', 'later.tar', '--format', 'table', ...others)).stdout;
  assert.match(text, new RegExp(`${kept}$`, 'm'));
  assert.equal((await shell.json('show', 'digits@1.0.0', ...others)).tags['site'], 'a');
});

test(
  'in text: what was done, what is next, and where a version comes from',
  { skip: noTerminal },
  async (t) => {
    const { cwd } = await exportedShell(t);
    const seen = async (...args: string[]): Promise<string> =>
      (await runOnTerminal([...args, '--no-color'], { cwd })).stdout;
    assert.match(
      await seen('export', 'digits@1.0.0', '-o', 'one.tar'),
      /✓ exported digits@1\.0\.0 to .*one\.tar\n/,
    );
    assert.match(
      await seen('export', 'digits', '--all', '-o', 'folder'),
      /✓ exported 2 versions to the folder /,
    );
    assert.match(await seen('import', 'one.tar', ...others), /✓ imported 1 version\n  digits@1\.0\.0 /);
    assert.match(await seen('import', 'd.tar', ...others), /✓ imported 1 version; 1 already existed\n/);
    assert.match(await seen('import', 'd.tar', ...others), /all 2 versions already exist; nothing changed/);
    assert.match(
      await seen('history', 'digits', ...others),
      /import +digits@1\.0\.0 +from registry \S+\n +↳ .* register +digits@1\.0\.0/,
    );
    assert.match(await seen('show', 'digits', ...others), /imported +just now by .*, from registry/);
  },
);

test('usage errors, each with the next command', async (t) => {
  const shell = await exportedShell(t);
  for (const [code, ...args] of [
    [2, 'export', 'digits'],
    [2, 'export', '-o', 'x.tar'],
    [2, 'export', 'digits', '-o', ''],
    [2, 'export', 'digits', '-o', 'x.tgz'],
    [2, 'export', 'digits@1.0.0', '--all', '-o', 'x.tar'],
    [2, 'export', 'digits', '-o', 'registry/x.tar'],
    [3, 'export', 'cars', '-o', 'x.tar'],
    [3, 'export', 'digits', '-o', 'no/x.tar'],
    [4, 'export', 'digits', '-o', 'd.tar'],
    [2, 'import'],
    [2, 'import', ''],
    [2, 'import', 'registry'],
    [2, 'import', model('digits_mlp')],
    [3, 'import', 'none.tar'],
  ] as [number, ...string[]][])
    await shell.fails(code, ...args);
  assert.equal(existsSync(join(shell.cwd, 'x.tar')), false);
});

test('8 imports of one export at once: none fails, one of them imports', async (t) => {
  const shell = await exportedShell(t);
  const runs = await Promise.all(
    Array.from({ length: 8 }, () => shell.run('import', 'd.tar', ...others, '--json', '--wait', '2m')),
  );
  for (const { code, stderr } of runs) assert.deepEqual([code, stderr], [0, '']);
  assert.equal(runs.filter(({ json }) => json.changed).length, 1);
  assert.equal((await shell.json('verify', ...others)).ok, true);
});

test('an import that is killed, whenever, leaves all of its versions or none', async (t) => {
  const shell = await exportedShell(t);
  for (let round = 0; round < 12; round += 1) {
    const home = `killed-${round}`;
    await shell.json('init', home);
    const child = startCli(['import', 'd.tar', '--registry', home], { cwd: shell.cwd });
    const run = finished(child);
    await sleep(60 + round * 15);
    child.kill('SIGKILL');
    const { code } = await run;
    const { models } = await shell.json('list', '--registry', home);
    const count = models[0]?.versions ?? 0;
    assert.ok(code === 0 ? count === 2 : count === 0 || count === 2, `${count} versions`);
    assert.equal((await shell.json('verify', '--registry', home)).ok, true);
    assert.equal((await shell.json('import', 'd.tar', '--registry', home)).changed, count === 0);
  }
});

test('an interrupted import ends with 130 or 143 and leaves nothing', async (t) => {
  const shell = await exportedShell(t);
  writeFileSync(join(shell.cwd, 'large.bin'), Buffer.alloc(64 * 2 ** 20, 'weights'));
  await shell.json('register', 'large', 'large.bin');
  await shell.json('export', 'large', '-o', 'large.tar');
  for (const [signal, expected] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const) {
    const child = startCli(['import', 'large.tar', ...others], { cwd: shell.cwd });
    const run = finished(child);
    const staged = (): string[] => readdirSync(join(shell.cwd, 'new/tmp'));
    while (staged().length === 0 && child.exitCode === null) await sleep(1);
    child.kill(signal);
    const { code } = await run;
    assert.ok(code === expected || code === 0, String(code));
    if (code === 0) continue;
    assert.deepEqual(staged(), []);
    assert.deepEqual((await shell.json('list', ...others)).models, []);
  }
});
