import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { model, openRegistryShell } from '../support/run-cli.ts';
import { noStrace, traced, type Call } from '../support/strace.ts';
import { fixture } from '../support/temp-folder.ts';

// What a power cut may take away cannot be tried here; what was synced before a word was said can
// be counted.

const calls = ['fsync', 'fdatasync', 'link', 'write', 'pwrite64'];

/** The place of the only or last call like this. */
function place(all: readonly Call[], name: string, path: RegExp, line = /(?:)/): number {
  const at = all.findLastIndex((call) => call.name === name && path.test(call.path) && line.test(call.line));
  assert.notEqual(at, -1, `no ${name} of ${path}`);
  return at;
}

test('a registration syncs files, folder and log before it says so', { skip: noStrace }, async (t) => {
  const { cwd } = await openRegistryShell(t);
  const run = await traced(['register', 'digits', model('digits_mlp'), '--no-git'], { cwd, calls });
  assert.equal(run.code, 0, run.stderr);
  const all = run.calls;
  const links = all.filter(({ name }) => name === 'link');
  assert.equal(links.length, 3, 'the file, its config and its manifest');
  for (const { path } of links) {
    const own = all.filter((call) => call.path === path).map(({ name }) => name);
    assert.deepEqual(own.slice(-2), ['fsync', 'link'], `${path} is synced, then linked`);
    assert.ok(
      own.slice(0, -2).every((name) => name === 'write' || name === 'pwrite64'),
      'and written before',
    );
  }
  const lastLink = all.findLastIndex(({ name }) => name === 'link');
  const folder = place(all, 'fsync', /^registry\/blobs\/sha256$/);
  const logged = place(all, 'pwrite64', /^registry\/mlreg\.db-wal$/);
  const log = all.findIndex(
    ({ name, path }, at) => at > logged && name === 'fsync' && path === 'registry/mlreg.db-wal',
  );
  const said = all.findIndex(({ name, line }) => name === 'write' && /^\d+ +write\(1</.test(line));
  assert.ok(lastLink < folder && folder < logged, 'bytes before rows');
  assert.ok(logged < log && log < said, 'rows before words');
});

test('a promotion syncs the log before it says so', { skip: noStrace }, async (t) => {
  const shell = await openRegistryShell(t);
  await shell.json('register', 'digits', model('digits_mlp'));
  const run = await traced(['promote', 'digits@1.0.0', '--to', 'production'], { cwd: shell.cwd, calls });
  assert.equal(run.code, 0, run.stderr);
  const all = run.calls;
  const logged = place(all, 'pwrite64', /^registry\/mlreg\.db-wal$/);
  const log = all.findIndex(
    ({ name, path }, at) => at > logged && name === 'fsync' && path === 'registry/mlreg.db-wal',
  );
  const said = all.findIndex(({ name, line }) => name === 'write' && /^\d+ +write\(1</.test(line));
  assert.ok(logged < log && log < said);
});

test(
  'an import syncs every blob, the folder and the log before it says so',
  { skip: noStrace },
  async (t) => {
    const shell = await openRegistryShell(t);
    await shell.json('register', 'digits', model('digits_mlp'));
    await shell.json('export', 'digits', '-o', 'digits.tar');
    await shell.json('init', 'new');
    const run = await traced(['import', 'digits.tar', '--registry', 'new'], { cwd: shell.cwd, calls });
    assert.equal(run.code, 0, run.stderr);
    const all = run.calls;
    const links = all.filter(({ name }) => name === 'link');
    assert.equal(links.length, 3, 'the file, its config and its manifest');
    for (const { path } of links) {
      const own = all.filter((call) => call.path === path).map(({ name }) => name);
      assert.deepEqual(own.slice(-2), ['fsync', 'link'], `${path} is synced, then linked`);
    }
    const lastLink = all.findLastIndex(({ name }) => name === 'link');
    const folder = place(all, 'fsync', /^new\/blobs\/sha256$/);
    const logged = place(all, 'pwrite64', /^new\/mlreg\.db-wal$/);
    const log = all.findIndex(
      ({ name, path }, at) => at > logged && name === 'fsync' && path === 'new/mlreg.db-wal',
    );
    const said = all.findIndex(({ name, line }) => name === 'write' && /^\d+ +write\(1</.test(line));
    assert.ok(lastLink < folder && folder < logged && logged < log && log < said);
  },
);

test('an export syncs the file, then its name, before it says so', { skip: noStrace }, async (t) => {
  const shell = await openRegistryShell(t);
  await shell.json('register', 'digits', model('digits_mlp'));
  const more = { cwd: shell.cwd, calls: [...calls, 'rename'] };
  for (const output of ['digits.tar', 'layout']) {
    const run = await traced(['export', 'digits', '-o', output], more);
    assert.equal(run.code, 0, run.stderr);
    const all = run.calls;
    const file = place(all, 'fsync', output === 'layout' ? /^\.mlreg-[^/]*$/ : /^\.mlreg-.*\.tmp$/);
    // A file is linked to its name, which nobody else may have taken meanwhile; a folder can only
    // be renamed.
    const call = output === 'layout' ? 'rename' : 'link';
    const given = all.findIndex(({ name, line }) => name === call && line.includes(output));
    const named = all.findIndex(({ name }, at) => at > given && name === 'fsync');
    const said = all.findIndex(({ name, line }) => name === 'write' && /^\d+ +write\(1</.test(line));
    assert.ok(file < given && given < named && named < said, `${file} ${given} ${named} ${said}`);
  }
});

test(
  'a judged promotion syncs none of its copies, and opens each stored file once',
  { skip: noStrace },
  async (t) => {
    const shell = await openRegistryShell(t);
    const golden = fixture('digits_mlp/golden.json');
    await shell.json('register', 'digits', model('digits_mlp'), '--golden', golden);
    const { files } = await shell.json('show', 'digits');
    const stages = {
      production: { require: ['golden', 'p95<=10s'], bench: { iterations: 60, launches: 1, warmup: 1 } },
    };
    writeFileSync(join(shell.cwd, 'policy.json'), JSON.stringify({ stages }));
    const run = await traced(['promote', 'digits@1.0.0', '--to', 'production', '--policy', 'policy.json'], {
      cwd: shell.cwd,
      calls: ['fsync', 'fdatasync', 'openat'],
    });
    assert.equal(run.code, 0, run.stderr);
    const blob = /registry\/blobs\/sha256\/[0-9a-f]{64}/;
    const opened = run.calls.flatMap(({ name, line }) => (name === 'openat' ? (blob.exec(line) ?? []) : []));
    const [file] = files;
    assert.deepEqual(
      opened.filter((path) => file?.digest.endsWith(path.slice(-64))).length,
      1,
      'the model is read once',
    );
    assert.equal(new Set(opened).size, opened.length, `one is opened twice: ${opened.join(' ')}`);
    const copies = run.calls.filter(({ line }) => line.includes('mlreg-promote-'));
    assert.ok(
      copies.some(({ name }) => name === 'openat'),
      'the model is copied',
    );
    assert.deepEqual(
      copies.filter(({ name }) => name !== 'openat').map(({ line }) => line),
      [],
    );
  },
);
