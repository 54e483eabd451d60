import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { model, openRegistryShell, openShell, ownProcess, runCli, type Run } from '../support/run-cli.ts';
import { tempFolder, type Cleanup } from '../support/temp-folder.ts';

/** A cache folder of the test's own, in which `mlreg --version` has run once. */
async function warmCache(t: Cleanup): Promise<{ file: string; folder: string; version: () => Promise<Run> }> {
  const base = tempFolder(t);
  const { cwd } = openShell(t);
  const version = (): Promise<Run> =>
    runCli(['--version'], { cwd, env: { XDG_CACHE_HOME: base }, command: ownProcess });
  assert.equal((await version()).code, 0);
  const folder = join(base, 'mlreg');
  const [name = ''] = readdirSync(folder);
  return { file: join(folder, name), folder, version };
}

test('the first run of a command leaves its code, which only its user can write, and later runs use it', async (t) => {
  const { file, folder, version } = await warmCache(t);
  assert.equal(statSync(file).mode & 0o777, 0o600);
  assert.equal(statSync(folder).mode & 0o777, 0o700);
  const { mtimeMs } = statSync(file);
  assert.equal((await version()).code, 0);
  assert.equal(statSync(file).mtimeMs, mtimeMs);
});

test('help on a command leaves no code for the command itself', async (t) => {
  const base = tempFolder(t);
  const { cwd } = openShell(t);
  for (const args of [
    ['show', '--help'],
    ['--json', 'show', '-h'],
  ])
    assert.equal((await runCli(args, { cwd, env: { XDG_CACHE_HOME: base }, command: ownProcess })).code, 0);
  const names = readdirSync(join(base, 'mlreg'));
  assert.equal(names.length, 1);
  assert.match(names[0] ?? '', /-help\.v8$/);
});

test('damaged code is not run, and is replaced', async (t) => {
  const { file, version } = await warmCache(t);
  const sound = readFileSync(file);
  for (const damage of [
    (bytes: Buffer) => bytes.fill(0xff, 5000, 5064),
    (bytes: Buffer) => bytes.fill(0, bytes.length - 4096),
    (bytes: Buffer) => bytes.subarray(0, bytes.length - 7),
    () => Buffer.alloc(0),
  ]) {
    writeFileSync(file, damage(Buffer.from(sound)));
    const { code, stdout, stderr } = await version();
    assert.deepEqual([code, stderr], [0, ''], stdout);
    const made = readFileSync(file);
    const half = made.length / 2;
    assert.ok(half > 10_000 && made.subarray(0, half).equals(made.subarray(half)));
  }
});

test('code in a folder that others may write to is neither run nor left', async (t) => {
  const { file, folder, version } = await warmCache(t);
  chmodSync(folder, 0o777);
  writeFileSync(file, 'anything');
  assert.equal((await version()).code, 0);
  assert.equal(readFileSync(file, 'utf8'), 'anything');
});

test('a cache folder that cannot be made, or is relative, costs nothing but time', async (t) => {
  const { cwd } = openShell(t);
  mkdirSync(join(cwd, 'home'));
  writeFileSync(join(cwd, 'file'), '');
  for (const caches of [join(cwd, 'file'), 'relative']) {
    const run = await runCli(['--version'], {
      cwd,
      env: { XDG_CACHE_HOME: caches, HOME: join(cwd, 'home') },
      command: ownProcess,
    });
    assert.deepEqual([run.code, run.stderr], [0, '']);
  }
  assert.deepEqual(readdirSync(cwd).toSorted(), ['file', 'home']);
});

test('reading commands load no file of dist/ besides their bundle to print JSON', async (t) => {
  const shell = await openRegistryShell(t);
  await shell.json('register', 'digits', model('digits_mlp'));
  const hook = join(shell.cwd, 'hook.cjs');
  writeFileSync(
    hook,
    `process.on('exit', () => process.stderr.write(Object.keys(require.cache).join('\\n')));`,
  );
  const [node, launcher] = ownProcess;
  for (const args of [['show', 'digits'], ['list'], ['history']]) {
    const command: [string, ...string[]] = [node, '--require', hook, launcher ?? ''];
    const run = await runCli([...args, '--json'], { cwd: shell.cwd, command });
    assert.equal(run.code, 0);
    const loaded = run.stderr.split('\n');
    assert.ok(loaded.includes(launcher ?? ''), run.stderr);
    assert.deepEqual(
      loaded.filter((file) => file.includes('/dist/')),
      [],
      args.join(' '),
    );
  }
});
