import assert from 'node:assert/strict';
import { chmodSync, chownSync, readdirSync, realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { asStranger, asUser, model, openRegistryShell, runCli } from '../support/run-cli.ts';
import { flipBit, tempFolder, type Cleanup } from '../support/temp-folder.ts';

const team = 61000;
const mode = (path: string): string => (statSync(path).mode & 0o7777).toString(8);

/** A folder of the team, and two of its members; each runs commands in it. */
function teamFolder(t: Cleanup) {
  const cwd = realpathSync(tempFolder(t));
  chownSync(cwd, 0, team);
  chmodSync(cwd, 0o2770);
  const member = (uid: number, gid = team) => {
    const [file, ...args] = asUser(uid, gid);
    return (...words: string[]) =>
      runCli([...words, '--no-git'].slice(0, words[0] === 'register' ? undefined : -1), {
        cwd,
        command: [file, ...args],
        env: { HOME: '/nonexistent', MLREG_ACTOR: `user ${uid}` },
      });
  };
  return { cwd, ada: member(61001), ben: member(61002), stranger: member(61003, 61003) };
}

test(
  'init --shared makes a registry that the group of its folder can use, and nobody else',
  asStranger,
  async (t) => {
    const { cwd, ada, ben, stranger } = teamFolder(t);
    const home = join(cwd, 'registry');
    const made = await ada('init', '--shared', '--json');
    assert.equal(made.code, 0, made.stderr);
    assert.equal(JSON.parse(made.stdout).shared, true);
    for (const folder of ['.', 'blobs', 'blobs/sha256', 'tmp', 'trash', 'quarantine'])
      assert.equal(mode(join(home, folder)), '2770', folder);
    for (const file of ['mlreg.db', 'registry.json']) assert.equal(mode(join(home, file)), '660', file);

    const first = await ada('register', 'digits', model('digits_mlp'), '-q');
    assert.equal(first.code, 0, first.stderr);
    const same = await ben('register', 'digits', model('digits_mlp'), '--json');
    assert.equal(same.code, 0, same.stderr);
    assert.equal(same.json.changed, false);
    const other = await ben('register', 'digits', model('digits_mlp'), '--tag', 'n=1', '--json');
    assert.equal(other.code, 0, other.stderr);
    assert.equal(other.json.version, '1.0.1', 'the bytes that another stored are used again');
    assert.equal((await ada('promote', 'digits@1.0.1', '--to', 'staging')).code, 0);
    assert.equal((await ben('rollback', 'digits', '--stage', 'staging')).code, 4);
    assert.equal((await ben('demote', 'digits', '--stage', 'staging')).code, 0);

    const { size } = statSync(model('digits_mlp'));
    const blobs = join(home, 'blobs', 'sha256');
    const blob = readdirSync(blobs).find((name) => statSync(join(blobs, name)).size === size) ?? '';
    flipBit(join(blobs, blob));
    const repaired = await ada('register', 'digits', model('digits_mlp'), '--json');
    assert.equal(repaired.code, 0, repaired.stderr);
    assert.match(repaired.json.warnings.join(), /repaired the damaged stored bytes/);
    assert.equal((await ben('verify')).code, 0);
    assert.deepEqual(readdirSync(join(home, 'tmp')), []);

    assert.notEqual((await stranger('list')).code, 0);
  },
);

test('a registry that is not shared says how it becomes so', asStranger, async (t) => {
  const shell = await openRegistryShell(t);
  assert.equal((await shell.json('init')).changed, false);
  const error = await shell.fails(4, 'init', '--shared');
  assert.match(error.hint ?? '', /chmod 2770/);
});
