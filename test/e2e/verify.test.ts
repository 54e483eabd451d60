import assert from 'node:assert/strict';
import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { model, openRegistryShell, runCli, type Shell } from '../support/run-cli.ts';
import { fixture, flipBit } from '../support/temp-folder.ts';
import { blobPath, editRows } from '../support/temp-registry.ts';

const golden = fixture('digits_mlp/golden.json');
const quarantine = (shell: Shell): string[] => readdirSync(join(shell.cwd, 'registry', 'quarantine'));

const harms: [what: string, harm: (path: string, home: string) => void][] = [
  ['with one flipped bit', (path) => flipBit(path)],
  ['that is missing', (path) => rmSync(path)],
  [
    'in quarantine',
    (path, home) => renameSync(path, join(home, 'quarantine', `${path.slice(-64)}-1-00000000`)),
  ],
];

for (const [what, harm] of harms) {
  test(`of a version with a blob ${what}, nothing is given out: promote, pull, bench, test and verify exit 6`, async (t) => {
    const shell = await openRegistryShell(t);
    const home = join(shell.cwd, 'registry');
    const { files } = await shell.json('register', 'digits', model('digits_mlp'), '--golden', golden);
    harm(blobPath(home, files[0]?.digest ?? ''), home);
    const before = quarantine(shell);
    for (const args of [
      ['promote', 'digits@1.0.0', '--to', 'staging'],
      ['pull', 'digits', '-o', 'out'],
      ['bench', 'digits', '--iterations', '5', '--warmup', '1', '--launches', '1'],
      ['test', 'digits'],
    ]) {
      const error = await shell.fails(6, ...args);
      assert.equal(error.code, 'INTEGRITY', args[0]);
    }
    const { code, json } = await runCli(['verify', '--json'], { cwd: shell.cwd });
    assert.deepEqual([code, json.problems[0]?.subject], [6, files[0]?.digest]);
    assert.deepEqual(quarantine(shell), before, 'what only reads moves nothing');
    const again = await runCli(['register', 'digits', model('digits_mlp'), '--golden', golden, '--json'], {
      cwd: shell.cwd,
    });
    assert.equal(again.json.changed, false);
    assert.equal(again.json.warnings.length, what === 'with one flipped bit' ? 1 : 0);
    assert.equal((await shell.json('verify')).ok, true);
    await shell.json('promote', 'digits@1.0.0', '--to', 'staging');
  });
}

test('verify --repair mends what it can, says what it did, and exits 0 if all is whole', async (t) => {
  const shell = await openRegistryShell(t);
  const home = join(shell.cwd, 'registry');
  const { digest, files } = await shell.json('register', 'digits', model('digits_mlp'));
  flipBit(blobPath(home, digest));
  const mended = await shell.run('verify', '--repair');
  assert.equal(mended.code, 0, mended.stderr);
  assert.match(mended.stdout, new RegExp(`^repaired\t${digest}\trebuilt from the rows of the version`));
  flipBit(blobPath(home, files[0]?.digest ?? ''));
  assert.match((await shell.fails(6, 'verify')).hint ?? '', /mlreg verify --repair/);
  const { code, stdout, stderr } = await shell.run('verify', '--repair');
  assert.equal(code, 6);
  assert.match(
    stdout,
    /^problem\tsha256:\w+\tthe blob is corrupt, needed by digits@1\.0\.0 \(model\.onnx\); its damaged bytes were moved to quarantine\/$/m,
  );
  assert.match(stderr, /try: register the same file again to restore its bytes/);
  await shell.fails(2, 'verify', '--repair', '--quick');
});

test('a checkpoint is a file for git, and a cut history exits 6', async (t) => {
  const shell = await openRegistryShell(t);
  await shell.json('register', 'digits', model('digits_mlp'));
  await shell.json('tag', 'digits@1.0.0', 'a=b');
  const printed = await shell.run('history', '--checkpoint');
  const saved = JSON.parse(printed.stdout) as { registry: string; seq: number; hash: string };
  assert.deepEqual(Object.keys(saved), ['registry', 'seq', 'hash']);
  assert.equal(saved.seq, 3);
  assert.equal((await shell.run('history', '--checkpoint', '-q')).stdout, `${saved.hash}\n`);
  const { checkpoint } = (await shell.json('history', '--checkpoint')) as unknown as { checkpoint: object };
  assert.deepEqual(checkpoint, saved);
  writeFileSync(join(shell.cwd, 'saved.json'), printed.stdout);
  assert.equal((await shell.json('verify', '--checkpoint', 'saved.json')).ok, true);

  editRows(join(shell.cwd, 'registry'), 'delete from events where seq = 3');
  editRows(join(shell.cwd, 'registry'), 'delete from version_tags');
  assert.match((await shell.fails(6, 'verify')).message, /ends at event 2, but event 3 was recorded/);
  rmSync(join(shell.cwd, 'registry', 'head'));
  assert.equal((await shell.json('verify')).ok, true);
  const cut = await runCli(['verify', '--checkpoint', 'saved.json', '--json'], { cwd: shell.cwd });
  assert.equal(cut.code, 6);
  assert.match(cut.json.problems[0]?.problem ?? '', /events were removed/);

  await shell.fails(3, 'verify', '--checkpoint', 'none.json');
  await shell.fails(2, 'verify', '--checkpoint', 'registry');
  writeFileSync(join(shell.cwd, 'other.json'), readFileSync(join(shell.cwd, 'registry', 'registry.json')));
  await shell.fails(2, 'verify', '--checkpoint', 'other.json');
  await shell.fails(2, 'verify', 'digits', '--checkpoint', 'saved.json');
  for (const other of [['--limit', '5'], ['--gates'], ['digits']])
    await shell.fails(2, 'history', '--checkpoint', ...other);
  await shell.fails(2, 'history', '--at', '1d', '--gates');
  await shell.fails(2, 'history', 'digits', '--checkpoint');
});
