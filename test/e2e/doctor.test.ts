import assert from 'node:assert/strict';
import { chmodSync, cpSync, mkdirSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';
import {
  asStranger,
  bin,
  finished,
  model,
  openRegistryShell,
  openShell,
  runCli,
  startCli,
} from '../support/run-cli.ts';
import { openRegistry } from '../../src/open-registry.ts';
import { promote } from '../../src/registry/stages/promote.ts';
import { add, exact, openOptions, stage } from '../support/temp-registry.ts';
import { noMounts, withMounts } from '../support/mounts.ts';
import { noStrace, traced, type Traced } from '../support/strace.ts';
import { noTerminal, runOnTerminal } from '../support/terminal.ts';

interface Doctor {
  ok: boolean;
  registry: string | null;
  checks: { check: string; status: string; observed: string; advice?: string }[];
  bench: { comparisons: number; p95: { compared: number; minimumDetectable: number | null } } | null;
}

function doctorOf(stdout: string): Doctor {
  return JSON.parse(stdout) as Doctor;
}

test('doctor exits 0 on a sound registry, and names what it looked at', async (t) => {
  const shell = await openRegistryShell(t);
  const { code, stdout, stderr } = await shell.run('doctor', '--json');
  assert.deepEqual([code, stderr], [0, '']);
  const { ok, registry, checks } = doctorOf(stdout);
  assert.deepEqual([ok, registry], [true, join(shell.cwd, 'registry')]);
  for (const { check, status, observed, advice } of checks) {
    assert.match(check, /^[a-z-]+$/);
    assert.ok(['ok', 'warn', 'skip'].includes(status) && observed !== '', check);
    assert.ok(status !== 'warn' || (advice ?? '') !== '', check);
  }
  assert.match(checks[0]?.observed ?? '', /\(the nearest parent\)$/);
  const plain = await shell.run('doctor');
  assert.match(plain.stdout, /^ok\tregistry\t.*\n(?:(?:ok|warn|skip)\t[a-z-]+\t[^\t]+\t[^\t]*\n)+$/);
});

test('no registry at all: exit 0, and what to type', async (t) => {
  const shell = openShell(t);
  const { code, stdout } = await shell.run('doctor', '--json');
  const { ok, registry, checks } = doctorOf(stdout);
  assert.deepEqual([code, ok, registry], [0, true, null]);
  assert.equal(checks[0]?.advice, 'mlreg init');
  assert.deepEqual(readdirSync(shell.cwd), []);
});

test('a broken registry: the checks on stdout, the worst as the error, its exit code', async (t) => {
  const shell = await openRegistryShell(t);
  const home = join(shell.cwd, 'registry');
  writeFileSync(join(home, 'mlreg.db'), 'garbage'.repeat(999));
  const broken = await shell.run('doctor', '--json');
  assert.deepEqual([broken.code, broken.error.code, doctorOf(broken.stdout).ok], [6, 'INTEGRITY', false]);
  assert.match(broken.error.message, /^database: /);
  assert.deepEqual(broken.error.details, { failed: ['database'] });
  assert.match((await shell.run('doctor', '--quiet')).stdout, /^database$/m);

  writeFileSync(join(home, 'registry.json'), '{"formatVersion":99,"id":"x","createdAt":"x"}');
  const before = readdirSync(home, { recursive: true, encoding: 'utf8' }).toSorted();
  const newer = await shell.run('doctor', '--json');
  assert.deepEqual([newer.code, newer.error.code], [2, 'INVALID_INPUT']);
  assert.match(newer.error.hint ?? '', /upgrade mlreg/);
  assert.deepEqual(
    readdirSync(home, { recursive: true, encoding: 'utf8' }).toSorted(),
    before,
    'nothing was touched',
  );
});

test('on a terminal: groups, marks, advice below, no line wider than it', { skip: noTerminal }, async (t) => {
  const shell = await openRegistryShell(t);
  chmodSync(join(shell.cwd, 'registry'), 0o777);
  const { code, stdout } = await runOnTerminal(['doctor'], { cwd: shell.cwd, columns: 70 });
  assert.equal(code, 0);
  const text = stripVTControlCharacters(stdout);
  assert.match(text, /^home\n {2}✓ registry {5}/);
  assert.match(text, /\n\nfile system\n[^]*\n\ndatabase\n[^]*\n\nmachine\n/);
  assert.match(text, /\n {2}! permissions {2}mode 0777.*\n(?: {17}\S.*\n)*? {17}other users can change it/);
  assert.match(stdout, /\u001b\[2m {17}other users/);
  for (const line of text.replaceAll(shell.cwd, '').split('\n')) assert.ok(line.length <= 70, line);
});

test('a stranger is told that reading works and writing does not', { skip: asStranger.skip }, async (t) => {
  const shell = await openRegistryShell(t);
  rmSync(join(shell.cwd, 'registry/trash'), { recursive: true });
  for (const name of [
    '.',
    'registry',
    ...readdirSync(join(shell.cwd, 'registry')).map((n) => `registry/${n}`),
  ])
    chmodSync(join(shell.cwd, name), name.includes('.json') || name.includes('.db') ? 0o644 : 0o755);
  chmodSync(join(shell.cwd, 'registry/blobs/sha256'), 0o755);
  const options = { cwd: shell.cwd, command: asStranger.command };
  const readable = await runCli([bin, 'doctor', '--json'], options);
  assert.equal(readable.code, 0, readable.stdout + readable.stderr);
  const { checks } = doctorOf(readable.stdout);
  assert.match(
    checks.find(({ check }) => check === 'permissions')?.observed ?? '',
    /not writable; trash\/ missing$/,
  );
  const statusOf = (check: string): string | undefined => checks.find((one) => one.check === check)?.status;
  assert.deepEqual(['permissions', 'fsync', 'database', 'settings'].map(statusOf), [
    'warn',
    'skip',
    'ok',
    'ok',
  ]);

  chmodSync(join(shell.cwd, 'registry/blobs'), 0o700);
  const unreadable = await runCli([bin, 'doctor', '--json'], options);
  assert.equal(unreadable.code, 8, unreadable.stdout + unreadable.stderr);
  assert.equal(unreadable.error.code, 'STORAGE');
});

test(
  'a full disk, and folders between which nothing can be linked, fail by what was tried',
  { skip: noMounts },
  async (t) => {
    const shell = openShell(t);
    mkdirSync(join(shell.cwd, 'disk'));
    const [init, full, split, left] = await withMounts(
      shell.cwd,
      `mount -t tmpfs -o size=4m tmpfs disk && export MLREG_REGISTRY="$PWD/disk/registry" || exit 1
answer mlreg init -q
head -c 9000000 /dev/zero >disk/fill 2>/dev/null
answer mlreg doctor -q
rm disk/fill
mount --bind disk/registry/blobs disk/registry/blobs || exit 1
answer mlreg doctor -q
answer ls -A disk/registry/tmp disk/registry/blobs
`,
    );
    assert.match(init ?? '', /^0 /);
    assert.match(full ?? '', /^8 .*file-system free-space fsync .*error: fsync: .*the disk is full/);
    assert.match(split ?? '', /^8 .*error: one-device: .*spans two file systems/);
    assert.match(left ?? '', /^0 .*disk\/registry\/blobs: sha256 {2}disk\/registry\/tmp: /);
  },
);

/** The command as installed, with `runtime` in place of onnxruntime-node: null for none. */
function installedWith(folder: string, runtime: string | null): [string, string] {
  const root = fileURLToPath(new URL('../..', import.meta.url));
  for (const name of ['bin', 'dist', 'package.json'])
    cpSync(join(root, name), join(folder, name), { recursive: true });
  const packages = join(folder, 'node_modules');
  cpSync(join(root, 'node_modules', 'better-sqlite3'), join(packages, 'better-sqlite3'), { recursive: true });
  if (runtime !== null) {
    mkdirSync(join(packages, 'onnxruntime-node'));
    writeFileSync(join(packages, 'onnxruntime-node', 'index.js'), runtime);
  }
  return [process.execPath, join(folder, 'bin', 'mlreg.js')];
}

test('without ONNX Runtime doctor warns, and says what to install', async (t) => {
  const shell = openShell(t);
  const command = installedWith(shell.cwd, null);
  const bare = await runCli(['doctor', '--bench', '--json'], { cwd: shell.cwd, command });
  const { checks, bench } = doctorOf(bare.stdout);
  assert.deepEqual([bench, checks.at(-1)?.check, checks.at(-1)?.status], [null, 'bench', 'skip']);
  const runtime = doctorOf(bare.stdout).checks.find(({ check }) => check === 'onnxruntime');
  assert.deepEqual([bare.code, runtime?.status], [0, 'warn']);
  assert.match(runtime?.observed ?? '', /is not installed/);
  assert.match(runtime?.advice ?? '', /^npm install -g --ignore-scripts onnxruntime-node/);
});

test('without DuckDB doctor warns that there is no Parquet, and says what to install', async (t) => {
  const shell = openShell(t);
  const runtime = `exports.env = { versions: { common: '1.0.0', node: '1.0.0' } };`;
  const command = installedWith(shell.cwd, runtime);
  const bare = await runCli(['doctor', '--json'], { cwd: shell.cwd, command });
  const found = doctorOf(bare.stdout).checks.find(({ check }) => check === 'duckdb');
  assert.deepEqual([bare.code, found?.status], [0, 'warn']);
  assert.match(found?.observed ?? '', /^DuckDB is not installed or failed to load: /);
  assert.match(found?.advice ?? '', /^npm install -g --ignore-scripts @duckdb\/node-api/);
});

test('an ONNX Runtime that crashes when it is loaded is not called missing', async (t) => {
  const shell = openShell(t);
  const command = installedWith(
    shell.cwd,
    `console.error('no such instruction'); process.kill(process.pid, 'SIGILL');`,
  );
  const broken = await runCli(['doctor', '--json'], { cwd: shell.cwd, command });
  const runtime = doctorOf(broken.stdout).checks.find(({ check }) => check === 'onnxruntime');
  assert.deepEqual([broken.code, runtime?.status], [0, 'warn']);
  assert.match(
    runtime?.observed ?? '',
    /is installed, but does not load \(crash\): .*SIGILL; stderr: no such/,
  );
  assert.match(runtime?.advice ?? '', /^reinstall it/);
});

test('--bench says how small a change this machine can tell, in numbers and in words', async (t) => {
  const shell = openShell(t);
  const { code, stdout } = await shell.run('doctor', '--bench', '--duration', '1s', '--json');
  assert.equal(code, 0, stdout);
  const { checks, bench } = doctorOf(stdout);
  const added = ['bench-false-alarms', 'bench-p50', 'bench-p95', 'bench-noise'];
  assert.deepEqual(
    checks.slice(-4).map(({ check }) => check),
    added,
  );
  for (const { status, advice } of checks.slice(-4))
    assert.ok(status === 'ok' ? advice === undefined : status === 'warn' && advice !== undefined);
  assert.deepEqual([bench?.comparisons, bench?.p95.compared], [2, 2]);
  assert.ok((bench?.p95.minimumDetectable ?? 0) > 0);
  assert.equal(doctorOf((await shell.run('doctor', '--json')).stdout).bench, null);
  assert.match((await shell.fails(2, 'doctor', '--duration', '3s')).message, /--bench/);
  await shell.fails(2, 'doctor', '--bench', '--duration', '1ms');
  await shell.fails(2, 'doctor', '--bench', '--duration', '3');
});

test('--bench shows on a terminal how far it is', { skip: noTerminal }, async (t) => {
  const shell = openShell(t);
  const { code, stdout, all } = await runOnTerminal(['doctor', '--bench', '--duration', '1s'], shell);
  assert.equal(code, 0);
  assert.match(all, /comparing a model with itself .*\d+%/);
  assert.match(stripVTControlCharacters(stdout), /\n {2}[✓!] bench-p95 {2,}95% intervals of 2 comparisons/);
});

test('an interrupted doctor leaves nothing behind', async (t) => {
  const shell = await openRegistryShell(t);
  const child = startCli(['doctor'], { cwd: shell.cwd });
  // Wherever it is by then.
  setTimeout(() => child.kill('SIGINT'), 120);
  const { code, signal } = await finished(child);
  assert.ok(code === 130 || code === 0 || signal === 'SIGINT', `${code} ${signal}`);
  assert.deepEqual(readdirSync(join(shell.cwd, 'registry', 'tmp')), []);
  assert.deepEqual(readdirSync(join(shell.cwd, 'registry', 'blobs')), ['sha256']);
});

test(
  'on a network file system the check of it fails, with what to do, and no database is opened',
  { skip: noStrace },
  async (t) => {
    const shell = await openRegistryShell(t);
    const home = join(shell.cwd, 'registry');
    // What statfs(2) answers on NFS.
    const onNfs = (...args: string[]): Promise<Traced> =>
      traced(args, {
        cwd: shell.cwd,
        calls: ['statfs', 'open', 'openat'],
        inject: 'statfs:poke_exit=@arg2=6969000000000000',
      });
    const refused = await onNfs('doctor', '--json');
    assert.deepEqual([refused.code, refused.error.code], [8, 'STORAGE']);
    assert.match(refused.error.message, /^file-system: ".*registry" is on NFS/);
    assert.match(refused.error.hint ?? '', /--allow-network-fs/);
    assert.deepEqual(refused.error.details, { failed: ['file-system'] });
    const { checks } = doctorOf(refused.stdout);
    const statusOf = (check: string): string | undefined => checks.find((one) => one.check === check)?.status;
    assert.deepEqual(['database', 'settings', 'clock'].map(statusOf), ['skip', undefined, 'skip']);
    const opened = refused.calls.filter(({ path }) => path.includes('mlreg.db'));
    assert.deepEqual(opened, []);
    assert.match((await onNfs('list', '--json')).error.message, /is on NFS/, 'as any command');

    const allowed = await onNfs('doctor', '--allow-network-fs', '--json');
    assert.equal(allowed.code, 0, allowed.stderr);
    const found = doctorOf(allowed.stdout).checks.find(({ check }) => check === 'file-system');
    assert.equal(found?.status, 'ok');
    assert.match(found?.observed ?? '', /, allowed by --allow-network-fs$/);

    rmSync(home, { recursive: true });
    const none = await onNfs('doctor', '--json');
    const warned = doctorOf(none.stdout).checks.find(({ check }) => check === 'file-system');
    assert.deepEqual([none.code, warned?.status], [0, 'warn']);
  },
);

test('the advice names the registry that was given with --registry', async (t) => {
  const shell = await openRegistryShell(t);
  const home = join(shell.cwd, 'registry');
  const old = join(home, 'tmp', '1234-11111111-1111-4111-8111-111111111111');
  writeFileSync(old, '');
  utimesSync(old, 1000, 1000);
  const advice = async (...args: string[]): Promise<string | undefined> =>
    doctorOf((await shell.run('doctor', '--json', ...args)).stdout).checks.find(
      ({ check }) => check === 'leftovers',
    )?.advice;
  assert.equal(await advice(), 'leftovers of killed processes: mlreg gc --yes');
  assert.equal(
    await advice('--registry', 'registry'),
    `leftovers of killed processes: mlreg gc --yes --registry ${home}`,
  );
});

test('a clock that was ahead is warned of when something is written, and corrected in the history', async (t) => {
  const shell = await openRegistryShell(t);
  const home = join(shell.cwd, 'registry');
  const years = Date.now() + 4 * 365 * 86_400_000;
  const ahead = await openRegistry(home, openOptions({ at: years }));
  await add(ahead, 'digits', model('digits_mlp'));
  await promote(ahead, { ref: exact('digits@1.0.0'), stage: stage('production') });
  await ahead.close();
  const clock = async (): Promise<Doctor['checks'][number] | undefined> =>
    doctorOf((await shell.run('doctor', '--json')).stdout).checks.find(({ check }) => check === 'clock');
  const tagged = await shell.json('tag', 'digits@1.0.0', 'a=b');
  assert.match(String(tagged.warnings), /the clock says .* but the last event is from .*--fix-clock/);
  const found = await clock();
  assert.equal(found?.status, 'warn');
  assert.match(found.advice ?? '', /: mlreg doctor --fix-clock -m "why"$/);
  assert.match((await shell.run('history', '--at', '0s', '--quiet')).stdout, /^digits@1\.0\.0$/m);
  await shell.fails(2, 'doctor', '--fix-clock');
  await shell.fails(2, 'doctor', '-m', 'why');
  const fixed = await shell.json('doctor', '--fix-clock', '-m', 'the battery was empty');
  assert.deepEqual(
    [fixed.changed, (fixed as unknown as { clockFix: { wrong: number } }).clockFix.wrong],
    [true, 3],
  );
  assert.deepEqual(fixed.warnings, []);
  const again = await shell.run('doctor', '--fix-clock', '-m', 'the battery was empty');
  assert.equal(again.code, 0);
  assert.equal((await clock())?.status, 'ok');
  assert.deepEqual((await shell.json('tag', 'digits@1.0.0', 'c=d')).warnings, []);
  assert.equal((await shell.run('verify')).code, 0);
  assert.match((await shell.run('history', '--at', '0s', '--quiet')).stdout, /^digits@1\.0\.0$/m);
});
