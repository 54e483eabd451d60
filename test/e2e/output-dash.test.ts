import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { bin, cleanEnv, model, openRegistryShell, type Shell } from '../support/run-cli.ts';
import { fixture } from '../support/temp-folder.ts';

let shell: Shell;
const cleanups: (() => void | Promise<void>)[] = [];

before(async () => {
  shell = await openRegistryShell({ after: (action) => void cleanups.push(action) });
  await shell.json('register', 'digits', model('digits_mlp'));
  await shell.json('promote', 'digits@1.0.0', '--to', 'staging', '--require', 'size<1GB');
});

after(async () => {
  for (const action of cleanups.toReversed()) await action();
});

/** In a shell, with `mlreg` as the command. */
function sh(script: string) {
  const prelude = `set -o pipefail; mlreg() { "${process.execPath}" "${bin}" "$@"; }\n`;
  const { status, stdout, stderr } = spawnSync('bash', ['-c', prelude + script], {
    cwd: shell.cwd,
    env: cleanEnv(),
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
}

test('-o - of card and attest is standard output, with and without --quiet; --json stays one object', async () => {
  for (const command of ['card', 'attest']) {
    const { stdout } = await shell.run(command, 'digits@1.0.0');
    assert.notEqual(stdout, '');
    for (const quiet of [[], ['-q']])
      assert.equal((await shell.run(command, 'digits@1.0.0', '-o', '-', ...quiet)).stdout, stdout);
    const { json } = await shell.run(command, 'digits@1.0.0', '-o', '-', '--json');
    assert.equal((json as unknown as { file: string | null }).file, null);
  }
  assert.equal((await shell.run('card', 'digits@1.0.0', '-o', '-', '--force')).code, 0);
});

test('export -o - writes the archive that -o FILE.tar holds, and nothing else', async () => {
  assert.equal((await shell.run('export', 'digits', '-o', 'file.tar')).code, 0);
  for (const quiet of ['', '-q']) {
    assert.deepEqual(sh(`mlreg export digits -o - ${quiet} > stream.tar`), {
      status: 0,
      stdout: '',
      stderr: '',
    });
    assert.ok(readFileSync(join(shell.cwd, 'stream.tar')).equals(readFileSync(join(shell.cwd, 'file.tar'))));
  }
  assert.equal(sh('mlreg export digits --all -o - | tar -t').stdout.split('\n')[0], 'oci-layout');
  assert.deepEqual(sh('mlreg export digits -o - | head -c 10 | wc -c'), {
    status: 0,
    stdout: '10\n',
    stderr: '',
  });
  const { error } = await shell.run('export', 'digits', '-o', '-', '--json');
  assert.deepEqual([error.exitCode, error.code], [2, 'USAGE']);
  assert.match(error.message, /--json/);
});

test('where files are written, - is refused, and what to type instead is said', async () => {
  const table = fixture('digits_mlp/test.csv');
  for (const [hint, ...args] of [
    [/mlreg export REF -o -/, 'pull', 'digits@1.0.0', '-o', '-'],
    [/mlreg export/, 'backup', '-'],
    [/--junit gates\.xml/, 'policy', 'check', 'digits@1.0.0', '--to', 'staging', '--junit', '-'],
    [/--html report\.html/, 'evaluate', 'digits@1.0.0', '--data', table, '--target', 'target', '--html', '-'],
    [/--reject bad\.csv/, 'predict', 'digits', '--input', table, '--output', 'out.csv', '--reject', '-'],
  ] as const) {
    const { code, error } = await shell.run(...args, '--json');
    assert.deepEqual([code, error.code], [2, 'USAGE']);
    assert.match(error.message, /stdout/);
    assert.match(error.hint ?? '', hint);
  }
  assert.equal(existsSync(join(shell.cwd, '-')), false);
});

test('an archive on standard output that is not whole says so, and cannot be imported', async () => {
  const blobs = join(shell.cwd, 'registry', 'blobs', 'sha256');
  const largest = readdirSync(blobs)
    .map((name) => ({ name, bytes: readFileSync(join(blobs, name)) }))
    .toSorted((a, b) => b.bytes.length - a.bytes.length)[0];
  assert.ok(largest !== undefined);
  const { name, bytes } = largest;
  spawnSync('chmod', ['u+w', join(blobs, name)]);
  bytes[100] = (bytes[100] ?? 0) ^ 1;
  writeFileSync(join(blobs, name), bytes);
  assert.equal(sh('mlreg export digits -o - > damaged.tar').status, 6);
  const { code } = await shell.run('import', 'damaged.tar');
  assert.ok(code === 2 || code === 6);
});
