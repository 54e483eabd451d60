import assert from 'node:assert/strict';
import Database from 'better-sqlite3';
import { readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { finished, model, preparedShell, startCli, type Shell } from '../support/run-cli.ts';
import type { Cleanup } from '../support/temp-folder.ts';

/** Holds the registry's write lock until the test ends. */
function holdLock(t: Cleanup, { cwd }: Shell): void {
  const database = new Database(join(cwd, 'registry', 'mlreg.db'));
  database.exec('begin immediate');
  t.after(() => void database.close());
}

const digitsShell = preparedShell(async (shell) => {
  await shell.json('register', 'digits', model('digits_mlp'));
  await shell.json('register', 'digits', model('digits_mlp_retrained'));
  await shell.json('promote', 'digits@1.0.0', '--to', 'production');
  await shell.json('promote', 'digits@1.0.1', '--to', 'production');
});

/**
 * Until the child has opened the database: it listens for signals by then, and waits for the lock
 * that we hold.
 */
async function hasDatabaseOpen(pid: number): Promise<void> {
  for (let round = 0; round < 2000; round += 1) {
    const folder = `/proc/${pid}/fd`;
    const open = readdirSync(folder).some((fd) => {
      try {
        return readlinkSync(join(folder, fd)).endsWith('mlreg.db-wal');
      } catch {
        return false;
      }
    });
    if (open) return;
    await sleep(10);
  }
  throw new Error('the command never opened the database');
}

test('a write lock that is not had within --wait is exit 7, and nothing is changed', async (t) => {
  const shell = await digitsShell(t);
  const before = (await shell.json('history')).events;
  await shell.json('export', 'digits', '-o', 'digits.tar');
  holdLock(t, shell);
  const writes = [
    ['import', 'digits.tar'],
    ['register', 'digits', model('digits_mlp_v2')],
    ['promote', 'digits@1.0.0', '--to', 'staging'],
    ['rollback', 'digits'],
    ['demote', 'digits', '--stage', 'production'],
    ['yank', 'digits@1.0.0', '-m', 'unfit'],
    ['tag', 'digits@1.0.0', 'seen=yes'],
    ['describe', 'digits@1.0.0', 'the first'],
    ['delete', 'digits@1.0.1', '--yes'],
    ['stage', 'add', 'canary'],
    ['stage', 'remove', 'staging'],
    ['gc', '--yes', '--older-than', '0s'],
  ];
  for (const args of writes) {
    const error = await shell.fails(7, ...args, '--wait', '100ms');
    assert.equal(error.code, 'BUSY');
    assert.match(error.hint ?? '', /--wait/);
  }
  await shell.fails(7, 'promote', 'digits@1.0.0', '--to', 'staging', '--wait', '0');
  for (const wait of ['soon', '-1s', '10', ''])
    await shell.fails(2, 'promote', 'digits@1.0.0', '--to', 'staging', '--wait', wait);
  assert.deepEqual((await shell.json('history')).events, before);
  assert.deepEqual(readdirSync(join(shell.cwd, 'registry', 'tmp')), [], 'no draft is left');
});

test('reading needs no lock', async (t) => {
  const shell = await digitsShell(t);
  holdLock(t, shell);
  for (const args of [
    ['list'],
    ['show', 'digits@production'],
    ['history'],
    ['verify'],
    ['pull', 'digits', '-o', 'out'],
    ['export', 'digits', '-o', 'digits.tar'],
  ])
    await shell.json(...args, '--wait', '0');
  const same = await shell.json('promote', 'digits@1.0.1', '--to', 'production', '--wait', '0');
  assert.equal(same.changed, false, 'what is so already needs no lock either');
});

const noProc = process.platform === 'linux' ? false : 'needs /proc';

for (const [signal, exitCode] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const) {
  test(`${signal} while waiting ends with ${exitCode}, nothing half done`, { skip: noProc }, async (t) => {
    const shell = await digitsShell(t);
    const before = (await shell.json('history')).events;
    holdLock(t, shell);
    for (const args of [
      ['register', 'digits', model('digits_mlp_v2')],
      ['promote', 'digits@1.0.0', '--to', 'staging'],
    ]) {
      const child = startCli([...args, '--wait', '10m', '--json'], shell);
      const end = finished(child);
      await hasDatabaseOpen(child.pid ?? 0);
      // Twice, as a terminal's Ctrl-C comes through npm, npx or the launcher.
      child.kill(signal);
      child.kill(signal);
      const { code, error, stdout } = await end;
      assert.deepEqual([code, error.exitCode, error.code, stdout], [exitCode, exitCode, 'INTERRUPTED', '']);
      assert.notEqual(error.hint, null);
    }
    assert.deepEqual((await shell.json('history')).events, before);
    assert.deepEqual(readdirSync(join(shell.cwd, 'registry', 'tmp')), [], 'no draft is left');
    assert.equal((await shell.json('verify')).ok, true);
  });
}
