import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { test, type TestContext } from 'node:test';
import { gunzipSync, gzipSync, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { noMounts, withMounts } from '../support/mounts.ts';
import { bin, cleanEnv, finished, model, openRegistryShell, type Shell } from '../support/run-cli.ts';
import { fixture } from '../support/temp-folder.ts';

const table = readFileSync(fixture('digits_mlp/test.csv'), 'utf8');
const [header = '', ...rows] = table.trimEnd().split('\n');

/** A folder with a registry of one model, and a table of this many times the test set. */
async function withTable(t: TestContext, times = 1): Promise<Shell> {
  const shell = await openRegistryShell(t);
  await shell.json('register', 'digits', model('digits_mlp'), '--no-git');
  const file = join(shell.cwd, 'in.csv');
  writeFileSync(file, `${header}\n`);
  for (let at = 0; at < times; at++) appendFileSync(file, `${rows.join('\n')}\n`);
  return shell;
}

const exclude = ['--exclude', 'target'];

async function predictedRows(shell: Shell, ...words: string[]): Promise<number> {
  return ((await shell.json(...words)) as unknown as { rows: number }).rows;
}

/** Runs predict with bytes as its standard input. */
async function piped(cwd: string, input: Buffer, ...words: string[]) {
  const child = spawn(process.execPath, [bin, 'predict', 'digits', '--input', '-', ...exclude, ...words], {
    cwd,
    env: cleanEnv(),
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  child.stdin.on('error', () => undefined).end(input);
  return finished(child);
}

test('stdin to stdout, compressed or not, is what files give', async (t) => {
  const shell = await withTable(t);
  const count = await predictedRows(
    shell,
    'predict',
    'digits',
    '--input',
    'in.csv',
    '--output',
    'out.csv',
    ...exclude,
  );
  assert.equal(count, rows.length);
  const expected = readFileSync(join(shell.cwd, 'out.csv'), 'utf8');
  const plain = await piped(shell.cwd, Buffer.from(table), '--output', '-');
  assert.deepEqual([plain.code, plain.stdout, plain.stderr], [0, expected, '']);
  for (const [ending, pack, unpack] of [
    ['gz', gzipSync, gunzipSync],
    ['zst', zstdCompressSync, zstdDecompressSync],
  ] as const) {
    // Several members or frames are one file, as `cat` makes them.
    const packed = Buffer.concat([pack(table.slice(0, 5000)), pack(table.slice(5000))]);
    const words = ['--input-format', `csv.${ending}`, '--output', `out.csv.${ending}`, '--json'];
    const { code, stderr } = await piped(shell.cwd, packed, ...words);
    assert.equal(code, 0, stderr);
    assert.equal(unpack(readFileSync(join(shell.cwd, `out.csv.${ending}`))).toString(), expected);
    const whole = pack(table);
    const damaged = Buffer.from(whole);
    damaged.fill(0x58, whole.length >> 1, (whole.length >> 1) + 8);
    for (const bad of [whole.subarray(0, whole.length - 100), damaged]) {
      const failed = await piped(shell.cwd, bad, '--input-format', `csv.${ending}`, '--output', 'bad.csv');
      assert.equal(failed.code, 6, failed.stderr);
      assert.match(failed.stderr, /stdin is damaged or cut short/);
      assert.equal(existsSync(join(shell.cwd, 'bad.csv')), false);
    }
  }
  const misnamed = await piped(shell.cwd, gzipSync(table), '--output', 'bad.csv');
  assert.equal(misnamed.code, 2);
  assert.match(misnamed.stderr, /stdin is gzip, .*\n.*--input-format csv\.gz/);
});

test('a killed run leaves nothing that the next run does not remove, and that one is complete', async (t) => {
  const shell = await withTable(t, 200);
  const words = ['predict', 'digits', '--input', 'in.csv', '--output', 'out.csv', ...exclude];
  const child = spawn(process.execPath, [bin, ...words], {
    cwd: shell.cwd,
    env: cleanEnv(),
    stdio: 'ignore',
  });
  const ended = once(child, 'exit');
  const drafts = (): string[] => readdirSync(shell.cwd).filter((name) => name.startsWith('.mlreg-'));
  while (drafts().length === 0) await sleep(5);
  child.kill('SIGKILL');
  await ended;
  assert.equal(drafts().length, 1);
  assert.equal(existsSync(join(shell.cwd, 'out.csv')), false);
  const count = await predictedRows(shell, ...words);
  assert.equal(count, rows.length * 200);
  assert.deepEqual(drafts(), []);
  assert.equal(readFileSync(join(shell.cwd, 'out.csv'), 'utf8').split('\n').length, rows.length * 200 + 2);
});

test('an interrupted run leaves nothing', async (t) => {
  const shell = await withTable(t, 200);
  const words = ['predict', 'digits', '--input', 'in.csv', '--output', 'out.csv', ...exclude];
  const child = spawn(process.execPath, [bin, ...words], {
    cwd: shell.cwd,
    env: cleanEnv(),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  while (!readdirSync(shell.cwd).some((name) => name.startsWith('.mlreg-'))) await sleep(5);
  child.kill('SIGINT');
  const { code, stderr } = await finished(child);
  assert.equal(code, 130, stderr);
  assert.deepEqual(readdirSync(shell.cwd).toSorted(), ['in.csv', 'registry']);
});

test('a full disk ends the run with 8, and no output', { skip: noMounts }, async (t) => {
  const shell = await withTable(t, 20);
  const [answer = '', left] = await withMounts(
    shell.cwd,
    `mkdir disk && mount -t tmpfs -o size=1m tmpfs disk || exit 1
     answer mlreg predict digits --input in.csv --output disk/out.csv --exclude target
     ls -A disk | wc -l`,
  );
  assert.match(answer, /^8 .*could not write .*disk\/out\.csv: the disk is full/);
  assert.equal(left?.trim(), '0');
});

test('an existing output is only replaced with --force; a closed pipe is no error', async (t) => {
  const shell = await withTable(t, 40);
  writeFileSync(join(shell.cwd, 'out.csv'), 'mine');
  const words = ['predict', 'digits', '--input', 'in.csv', '--output', 'out.csv', ...exclude];
  const refused = await shell.run(...words);
  assert.equal(refused.code, 4);
  assert.match(refused.stderr, /already exists; nothing was written\n.*--force/);
  assert.equal(readFileSync(join(shell.cwd, 'out.csv'), 'utf8'), 'mine');
  const same = await shell.run('predict', 'digits', '--input', 'out.csv', '--output', 'out.csv', '--force');
  assert.equal(same.code, 2);
  const { code } = await shell.run(...words, '--force');
  assert.equal(code, 0);
  const script = `set -o pipefail; "${process.execPath}" "${bin}" predict digits --input in.csv --output - --exclude target | head -c 100`;
  const child = spawn('bash', ['-c', script], {
    cwd: shell.cwd,
    env: cleanEnv(),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const cut = await finished(child);
  assert.deepEqual([cut.code, cut.stderr, cut.stdout.length], [0, '', 100]);
  const { events } = await shell.json('history', 'digits');
  const runs = events.filter(({ action }) => action === 'predict');
  assert.deepEqual(
    runs.map(({ details }) => details['rows']),
    [40 * rows.length],
    'only the run that somebody read to its end',
  );
});
