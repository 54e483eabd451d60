import assert from 'node:assert/strict';
import { readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { misplaceRow } from '../support/misplace-row.ts';
import { finished, model, openRegistryShell, startCli, type Shell } from '../support/run-cli.ts';
import { flipBit, type Cleanup } from '../support/temp-folder.ts';

async function digitsShell(t: Cleanup): Promise<{ shell: Shell; blob: string }> {
  const shell = await openRegistryShell(t);
  const { files } = await shell.json('register', 'digits', model('digits_mlp'));
  await shell.json('register', 'digits', model('digits_mlp_v2'));
  await shell.json('promote', 'digits@1.0.0', '--to', 'production');
  await shell.json('promote', 'digits@1.1.0', '--to', 'production');
  const hex = files[0]?.digest.replace('sha256:', '') ?? '';
  return { shell, blob: join(shell.cwd, 'registry', 'blobs', 'sha256', hex) };
}

test('after one flipped bit in a blob, what needs its bytes exits 6, until they are registered again', async (t) => {
  const { shell, blob } = await digitsShell(t);
  flipBit(blob);
  for (const args of [
    ['pull', 'digits@1.0.0', '-o', 'out'],
    ['promote', 'digits@1.0.0', '--to', 'staging'],
    ['rollback', 'digits'],
  ])
    assert.equal((await shell.fails(6, ...args)).code, 'INTEGRITY', args.join(' '));
  assert.equal((await shell.json('show', 'digits@production')).version, '1.1.0', 'nothing moved');
  for (const args of [['verify'], ['verify', 'digits@1.0.0']]) {
    const run = await shell.run(...args, '--json');
    assert.equal(run.code, 6);
    assert.equal(run.json.ok, false, 'the result is on stdout');
    assert.equal(run.json.problems.length, 1);
    assert.deepEqual([run.error.code, run.error.exitCode], ['INTEGRITY', 6]);
  }
  const text = await shell.run('verify');
  assert.equal(text.code, 6);
  assert.match(text.stdout, /^problem\tsha256:[0-9a-f]{64}\t/);
  assert.match(text.stderr, /^error: .*\n {2}try: .*\n$/);
  assert.equal((await shell.run('verify', 'digits@1.1.0')).code, 0, 'the other version is whole');

  const repaired = await shell.json('register', 'digits', model('digits_mlp'));
  assert.equal(repaired.changed, false);
  assert.match(repaired.warnings.join(), /damaged/);
  assert.equal((await shell.json('verify')).ok, true);
  assert.equal((await shell.json('rollback', 'digits')).to, '1.0.0');
});

test('a missing blob is exit 6 too', async (t) => {
  const { shell, blob } = await digitsShell(t);
  rmSync(blob, { force: true });
  for (const args of [
    ['pull', 'digits@1.0.0', '-o', 'out'],
    ['promote', 'digits@1.0.0', '--to', 'staging'],
  ])
    await shell.fails(6, ...args);
  assert.equal((await shell.run('verify')).code, 6);
});

test('several problems are counted in words', async (t) => {
  const { shell, blob } = await digitsShell(t);
  const other = (await shell.json('show', 'digits@1.1.0')).files[0]?.digest.replace('sha256:', '') ?? '';
  flipBit(blob);
  flipBit(join(blob, '..', other));
  const { stderr } = await shell.run('verify');
  assert.match(stderr, /\(and 1 more problem\)/);
});

test('a database that is empty or cut off exits 6', async (t) => {
  const { shell } = await digitsShell(t);
  const database = join(shell.cwd, 'registry', 'mlreg.db');
  truncateSync(database, 4096);
  assert.equal((await shell.fails(6, 'verify')).code, 'INTEGRITY');
  truncateSync(database, 0);
  for (const args of [['list'], ['register', 'digits', model('digits_mlp')]])
    assert.equal((await shell.fails(6, ...args)).code, 'INTEGRITY');
  writeFileSync(database, 'not a database, but long enough to be read as the header of one'.repeat(100));
  await shell.fails(6, 'list');
});

for (const table of ['events', 'versions']) {
  test(`a misplaced row of ${table} is found, and no command goes round for ever`, async (t) => {
    const { shell } = await digitsShell(t);
    await shell.json('register', 'digits', model('digits_mlp_retrained'), '--tag', 'third=yes');
    misplaceRow(join(shell.cwd, 'registry'), table);
    // In a loop over rows it hears no other signal.
    const patience = 60_000;
    for (const args of [
      ['verify'],
      ['verify', '--quick'],
      ['gc', '--yes', '--older-than', '0s'],
      ['list', 'digits', '--where', 'accuracy>=0'],
      ['history', '--limit', '1000'],
      ['trend', 'digits'],
      ['export', 'digits', '--all', '-o', 'all'],
      ['backup', 'copy'],
    ]) {
      const child = startCli([...args, '--json'], { cwd: shell.cwd });
      const timer = setTimeout(() => child.kill('SIGKILL'), patience);
      const { code } = await finished(child);
      clearTimeout(timer);
      assert.notEqual(code, null, args.join(' '));
      if (['verify', 'gc'].includes(args[0] ?? '')) assert.equal(code, 6, args.join(' '));
    }
    const { problems } = JSON.parse((await shell.run('verify', '--json')).stdout) as {
      problems: { subject: string; problem: string }[];
    };
    assert.ok(
      problems.some(
        ({ subject, problem }) => subject === 'database' && problem.startsWith('the order of rows'),
      ),
    );
    assert.ok(problems.length > 1, 'what else is wrong is told as well');
  });
}

test('a registry of a newer format is refused and not touched', async (t) => {
  const { shell } = await digitsShell(t);
  const file = join(shell.cwd, 'registry', 'registry.json');
  const newer = readFileSync(file, 'utf8').replace(/"formatVersion": \d+/, '"formatVersion": 99');
  writeFileSync(file, newer);
  const database = readFileSync(join(shell.cwd, 'registry', 'mlreg.db'));
  for (const args of [['list'], ['init'], ['register', 'digits', model('digits_mlp')], ['verify']]) {
    const error = await shell.fails(2, ...args);
    assert.match(error.message, /format 99/);
    assert.match(error.hint ?? '', /upgrade/);
  }
  assert.equal(readFileSync(file, 'utf8'), newer);
  assert.deepEqual(readFileSync(join(shell.cwd, 'registry', 'mlreg.db')), database);
});
