import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import Database from 'better-sqlite3';
import {
  asStranger,
  bin,
  cleanEnv,
  finished,
  model,
  openRegistryShell,
  openShell,
  runCli,
} from '../support/run-cli.ts';
import { tempFolder, type Cleanup } from '../support/temp-folder.ts';

const root = join(bin, '..', '..');
const own = join(root, 'node_modules', 'node', 'bin', 'node');
const noOwn = existsSync(own) ? false : 'node_modules/node is not installed';

/** This Node, saying that it is an old one: a Node of that version need not be installed. */
const pretendOld: [string, ...string[]] = [
  process.execPath,
  '--import',
  "data:text/javascript,Object.defineProperty(process,'versions',{value:{...process.versions,node:'20.11.1'}})",
];

/** A really old one, where the machine has it in the usual place. */
function systemNode(): string | undefined {
  try {
    const version = execFileSync('/usr/bin/node', ['-p', 'process.versions.node'], { encoding: 'utf8' });
    return Number(version.split('.')[0]) < 22 ? '/usr/bin/node' : undefined;
  } catch {
    return undefined;
  }
}

const old = systemNode();
const oldNodes: [name: string, command: [string, ...string[]], skip: string | false][] = [
  ['a Node that says it is old', pretendOld, noOwn],
  [
    'an old Node',
    [old ?? ''],
    noOwn || (old === undefined ? '/usr/bin/node is not there, or not old' : false),
  ],
];

for (const [name, command, skip] of oldNodes) {
  test(
    `${name} hands over to the package's own, with arguments, output and exit code`,
    { skip },
    async (t) => {
      const shell = await openRegistryShell(t);
      await shell.json('register', 'digits', model('digits_mlp'));
      const launch = (...args: string[]) => runCli(args, { cwd: shell.cwd, command: [...command, bin] });
      const listed = await launch('list', '--json');
      assert.deepEqual([listed.code, listed.stderr], [0, '']);
      assert.equal(listed.json.models[0]?.name, 'digits');
      const odd = await launch('yank', 'digits@1.0.0', '-m', `it's "odd" $HOME * \\`, '--json');
      assert.equal(odd.code, 0);
      assert.match(JSON.stringify((await shell.json('show', 'digits@1.0.0')).yanked), /\$HOME \*/);
      const failed = await launch('show', 'nope', '--json');
      assert.deepEqual([failed.code, failed.error.code], [3, 'NOT_FOUND']);
    },
  );

  test(`${name} without the package's own exits 2 with one line`, { skip }, async (t) => {
    const copy = withoutModules(t);
    const launch = (...args: string[]) => runCli(args, { cwd: tempFolder(t), command: [...command, copy] });
    const text = await launch('list');
    assert.deepEqual([text.code, text.stdout], [2, '']);
    assert.match(
      text.stderr,
      /^error: mlreg needs Node 22\.18 or newer, but this is 20\.[^\n]*; try: [^\n]*\n$/,
    );
    const env = { MLREG_FORMAT: 'json' };
    const byVariable = runCli(['list'], { cwd: tempFolder(t), env, command: [...command, copy] });
    for (const json of [
      await launch('list', '--json'),
      await launch('list', '--format', 'json'),
      await byVariable,
    ]) {
      assert.deepEqual([json.code, json.error.code, json.error.exitCode], [2, 'USAGE', 2]);
      assert.equal(json.stderr.trimEnd().includes('\n'), false);
    }
  });
}

/** bin/ and dist/ as a package has them, with no modules beside; the path of the launcher. */
function withoutModules(t: Cleanup): string {
  const folder = tempFolder(t);
  mkdirSync(join(folder, 'dist'));
  const dist = ['launch.json', 'mlreg.cjs', 'mlreg-read-only.cjs'].map((name) => join('dist', name));
  for (const path of ['bin', 'package.json', ...dist])
    cpSync(join(root, path), join(folder, path), { recursive: true });
  return join(folder, 'bin', 'mlreg.js');
}

for (const [signal, exitCode] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const) {
  test(
    `${signal} to the launcher, or to all of its group, ends the work cleanly`,
    { skip: noOwn },
    async (t) => {
      const shell = await openRegistryShell(t);
      const { cwd } = shell;
      const database = new Database(join(cwd, 'registry', 'mlreg.db'));
      t.after(() => void database.close());
      const drafts = join(cwd, 'registry', 'tmp');
      for (const group of [false, true]) {
        database.exec('begin immediate');
        const [file, ...flags] = pretendOld;
        const args = [...flags, bin, 'register', 'digits', model('digits_mlp'), '--wait', '10m', '--json'];
        const child = spawn(file, args, {
          cwd,
          env: cleanEnv(),
          stdio: ['ignore', 'pipe', 'pipe'],
          detached: true,
        });
        const end = finished(child);
        // A draft in tmp/ tells that the work has begun; the lock that we hold, that it does not
        // end.
        while (readdirSync(drafts).length === 0) await sleep(10);
        process.kill(group ? -(child.pid ?? 0) : (child.pid ?? 0), signal);
        const { code, error } = await end;
        assert.deepEqual([code, error.code], [exitCode, 'INTERRUPTED']);
        assert.deepEqual(readdirSync(drafts), []);
        database.exec('rollback');
      }
      assert.deepEqual((await shell.json('list')).models, []);
    },
  );
}

test('a launcher that was not built says so', async (t) => {
  const folder = tempFolder(t);
  cpSync(join(root, 'bin'), join(folder, 'bin'), { recursive: true });
  cpSync(join(root, 'package.json'), join(folder, 'package.json'));
  const { code, error } = await runCli(['list', '--json'], {
    cwd: folder,
    command: [process.execPath, join(folder, 'bin', 'mlreg.js')],
  });
  assert.deepEqual([code, error.code, error.hint], [3, 'NOT_FOUND', 'npm run build']);
});

test('the launcher takes for the command what the command does, wherever the options stand', async (t) => {
  const shell = await openRegistryShell(t);
  await shell.json('register', 'digits', model('digits_mlp'), '--metric', 'auc=0.9');
  for (const before of [[], ['--wait', '5s'], ['-q', '--actor', 'show'], ['--registry=registry']])
    for (const command of ['list', 'ls', 'show', 'info', 'log', 'diff', 'trend', 'lineage', 'verify']) {
      const reference = ['list', 'ls'].includes(command) ? [] : ['digits'];
      const other = command === 'diff' ? ['digits@1.0.0'] : [];
      const { code, stderr } = await shell.run(...before, command, ...reference, ...other);
      assert.deepEqual([code, stderr], [0, ''], `${before.join(' ')} ${command}`);
    }
  // The value of --actor is "--wait", and so "5s" the command.
  const odd = await shell.run('--actor', '--wait', '5s', 'show', 'digits');
  assert.equal(odd.code, 2);
  assert.match(odd.stderr, /unknown command .*5s/);
  for (const words of [
    ['--', '--help', 'list'],
    ['-q', '--', '-h', 'show'],
  ]) {
    const dashed = await shell.run(...words);
    assert.equal(dashed.code, 2, dashed.stderr);
    assert.match(dashed.stderr, /unknown command '-/);
  }
});

test('the launcher runs through a link, as npx has it', { skip: process.platform === 'win32' }, async (t) => {
  const shell = openShell(t);
  const link = join(shell.cwd, 'mlreg');
  symlinkSync(bin, link);
  const { code, stdout } = await runCli(['--version'], { cwd: shell.cwd, command: [process.execPath, link] });
  assert.equal(code, 0);
  assert.match(stdout, /^\d+\.\d+\.\d+\n$/);
});

test('a user without a home or a name can run it', { skip: asStranger.skip }, async (t) => {
  const [file, ...before] = asStranger.command;
  const path = `PATH=${process.env['PATH']}`;
  const command: [string, ...string[]] = ['env', '-i', path, file, ...before, bin];
  const { code, stderr } = await runCli(['--version'], { cwd: tempFolder(t), command });
  assert.deepEqual([code, stderr], [0, '']);
});
