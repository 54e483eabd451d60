import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { chmodSync, cpSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { noMounts, withMounts } from '../support/mounts.ts';
import { asStranger, bin, model, openRegistryShell, runCli } from '../support/run-cli.ts';
import { tempFolder } from '../support/temp-folder.ts';

const writes = `
answer mlreg register digits "${model('digits_mlp_v2')}"
answer mlreg promote digits@1.0.0 --to staging
answer mlreg yank digits@1.0.0 -m unfit
answer mlreg demote digits --stage production
`;
const reads = `
answer mlreg list -q
answer mlreg show digits@production -q
answer mlreg history -q
answer mlreg pull digits@1.0.0 -o pulled -q
answer mlreg verify -q
`;
const readOnly = 'mount --bind registry registry && mount -o remount,ro,bind registry registry || exit 1\n';

test('on read-only media writes exit 8 and say so', { skip: noMounts }, async (t) => {
  const shell = await openRegistryShell(t);
  await shell.json('register', 'digits', model('digits_mlp'));
  await shell.json('promote', 'digits@1.0.0', '--to', 'production');
  const before = (await shell.json('history')).events;
  for (const answer of await withMounts(shell.cwd, readOnly + writes))
    assert.match(answer, /^8 .*error: .*read-only/);
  assert.deepEqual((await shell.json('history')).events, before);
});

test('on read-only media reading works', { skip: noMounts }, async (t) => {
  const shell = await openRegistryShell(t);
  await shell.json('register', 'digits', model('digits_mlp'));
  await shell.json('promote', 'digits@1.0.0', '--to', 'production');
  for (const answer of await withMounts(shell.cwd, readOnly + reads)) assert.match(answer, /^0 /);
});

test('a full disk exits 8, leaves no draft, and the registry can be read', { skip: noMounts }, async (t) => {
  const cwd = tempFolder(t);
  mkdirSync(join(cwd, 'disk'));
  writeFileSync(join(cwd, 'large.bin'), randomBytes(4_000_000));
  const [init, small, large, drafts, list, verify, after] = await withMounts(
    cwd,
    `mount -t tmpfs -o size=2m tmpfs disk && export MLREG_REGISTRY="$PWD/disk/registry" || exit 1
answer mlreg init
answer mlreg register digits "${model('digits_mlp')}"
answer mlreg register digits large.bin
answer ls disk/registry/tmp
answer mlreg list digits -q
answer mlreg verify
answer mlreg register digits "${model('digits_mlp_retrained')}"
`,
  );
  assert.match(init ?? '', /^0 /);
  assert.match(small ?? '', /^0 /);
  assert.match(large ?? '', /^8 .*error: .*the disk is full/);
  assert.doesNotMatch(drafts ?? '', /[0-9a-f]{8}-/);
  assert.match(list ?? '', /^0 .*digits@1\.0\.0/);
  assert.match(verify ?? '', /^0 /);
  assert.match(after ?? '', /^0 .*digits@1\.0\.1/, 'once there is room again, it goes on');
});

test(
  'a full disk under the copy that is pulled exits 8 and leaves nothing',
  { skip: noMounts },
  async (t) => {
    const shell = await openRegistryShell(t);
    await shell.json('register', 'digits', model('digits_mlp_v2'));
    mkdirSync(join(shell.cwd, 'disk'));
    const [pull, left] = await withMounts(
      shell.cwd,
      `mount -t tmpfs -o size=100k tmpfs disk || exit 1
answer mlreg pull digits -o disk/out
echo "$(find disk/out -type f | wc -l)"
`,
    );
    assert.match(pull ?? '', /^8 .*the disk is full/);
    assert.equal(left, '0');
  },
);

test(
  'a full disk leaves no empty or half file of what is written for people',
  { skip: noMounts },
  async (t) => {
    const shell = await openRegistryShell(t);
    await shell.json('register', 'digits', model('digits_mlp'));
    await shell.json('promote', 'digits@1.0.0', '--to', 'staging', '--require', 'size<1GB');
    mkdirSync(join(shell.cwd, 'disk'));
    const step = 'GITHUB_OUTPUT=disk/outputs GITHUB_STEP_SUMMARY=disk/summary';
    const [card, junit, attest, exported, promote, left] = await withMounts(
      shell.cwd,
      `mount -t tmpfs -o size=40k tmpfs disk && echo old > disk/gates.xml && printf '%4080s\na=1\n' '' > disk/outputs || exit 1
cat /dev/zero > disk/filler 2> /dev/null
answer mlreg card digits@1.0.0 -o disk/card.md
answer mlreg policy check digits@1.0.0 --to staging --junit disk/gates.xml
answer mlreg attest digits@1.0.0 -o disk/attest.json
answer mlreg export digits -o disk/digits.tar
${step} answer mlreg promote digits@1.0.0 --to production
echo $(ls -A disk) $(cat disk/gates.xml disk/outputs) $(wc -c < disk/outputs)
`,
    );
    for (const answer of [card, junit, attest, exported]) assert.match(answer ?? '', /^8 .*the disk is full/);
    assert.match(promote ?? '', /^0 .*warning: could not write .* \(GITHUB_OUTPUT\): .*ENOSPC/);
    assert.equal(left, 'filler gates.xml outputs old a=1 4085');
  },
);

test(
  'with the disk full to the last byte, what is there can still be read',
  { skip: noMounts },
  async (t) => {
    const cwd = tempFolder(t);
    mkdirSync(join(cwd, 'disk'));
    const [init, register, list, show, promote] = await withMounts(
      cwd,
      `mount -t tmpfs -o size=2m tmpfs disk && export MLREG_REGISTRY="$PWD/disk/registry" || exit 1
answer mlreg init
answer mlreg register digits "${model('digits_mlp')}"
cat /dev/zero > disk/filler 2> /dev/null
answer mlreg list -q
answer mlreg show digits -q
answer mlreg promote digits@1.0.0 --to staging
`,
    );
    assert.match(init ?? '', /^0 /);
    assert.match(register ?? '', /^0 /);
    assert.match(list ?? '', /^0 .*digits/);
    assert.match(show ?? '', /^0 .*digits@1\.0\.0/);
    assert.match(promote ?? '', /^8 .*full/);
  },
);

test(
  'a bench of a registry that cannot be written is shown, and said not to be stored',
  { skip: noMounts },
  async (t) => {
    const shell = await openRegistryShell(t);
    await shell.json('register', 'digits', model('digits_mlp'));
    const bench = 'answer mlreg bench digits@1.0.0 --iterations 20 --warmup 1 --launches 1\n';
    const [answer = ''] = await withMounts(shell.cwd, readOnly + bench);
    assert.match(answer, /^0 .*p50_ms.*warning: the result was not stored/);
    assert.equal((await shell.json('history')).events.length, 2);
  },
);

test("another user's registry exits 8 and is not touched", { skip: asStranger.skip }, async (t) => {
  const shell = await openRegistryShell(t);
  const command: [string, ...string[]] = [...asStranger.command, bin];
  const env = { HOME: '/nonexistent', MLREG_REGISTRY: join(shell.cwd, 'registry') };
  for (const args of [['list'], ['register', 'digits', model('digits_mlp')], ['init']]) {
    const { code, error } = await runCli([...args, '--json'], { cwd: '/', env, command });
    assert.deepEqual([code, error.code], [8, 'STORAGE'], args.join(' '));
    assert.match(error.message, /permission denied/);
  }
  assert.deepEqual(readdirSync(join(shell.cwd, 'registry', 'tmp')), []);
});

test(
  "another user's registry of an earlier schema, read-only to the last file, can be read",
  asStranger,
  async (t) => {
    const cwd = tempFolder(t);
    const home = join(cwd, 'registry');
    cpSync(fileURLToPath(new URL('../format/registry-1', import.meta.url)), home, { recursive: true });
    const command: [string, ...string[]] = [...asStranger.command, bin];
    for (const name of readdirSync(home, { recursive: true, encoding: 'utf8' })) {
      const path = join(home, name);
      chmodSync(path, statSync(path).isDirectory() ? 0o555 : 0o444);
    }
    for (const folder of [cwd, home]) chmodSync(folder, 0o555);
    const list = await runCli(['list', '--quiet', '--registry', home], { cwd, command });
    assert.deepEqual([list.code, list.stderr, list.stdout.includes('digits')], [0, '', true]);
    const tag = await runCli(['tag', 'digits@1.0.0', 'a=b', '--registry', home], { cwd, command });
    assert.equal(tag.code, 8);
  },
);

test('a file where the registry should be is refused', async (t) => {
  const shell = await openRegistryShell(t);
  writeFileSync(join(shell.cwd, 'file'), 'x');
  await shell.fails(3, 'list', '--registry', 'file');
  const error = await shell.fails(2, 'init', 'file');
  assert.match(error.message, /"[^"]*file"/);
});
