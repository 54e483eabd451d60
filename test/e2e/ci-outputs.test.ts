import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { readOutputs } from '../support/github-runner.ts';
import { model, openShell, type Run, type Shell } from '../support/run-cli.ts';
import { tempFolder, type Cleanup } from '../support/temp-folder.ts';

interface Job extends Shell {
  /** Runs one step: what it put into its files, beside how it ended. */
  step(...args: string[]): Promise<Run & { outputs: Record<string, string>; summary: string }>;
}

/** A shell whose commands are steps of a GitHub job, in a folder with a registry. */
async function openJob(t: Cleanup): Promise<Job> {
  const folder = tempFolder(t);
  const files = { output: join(folder, 'output'), summary: join(folder, 'summary') };
  const shell = openShell(t, {
    GITHUB_OUTPUT: files.output,
    GITHUB_STEP_SUMMARY: files.summary,
    GITHUB_ACTIONS: 'true',
  });
  const read = (path: string): string => (existsSync(path) ? readFileSync(path, 'utf8') : '');
  await shell.run('init');
  return {
    ...shell,
    async step(...args) {
      for (const path of Object.values(files)) rmSync(path, { force: true });
      const run = await shell.run(...args);
      const outputs = Object.fromEntries(readOutputs(read(files.output)));
      return Object.assign(run, { outputs, summary: read(files.summary) });
    },
  };
}

test('register, promote, rollback and bench tell the job of what it was and what became of it', async (t) => {
  const job = await openJob(t);
  const first = await job.step('register', 'digits', model('digits_mlp'), '--metric', 'accuracy=0.97');
  const { digest = '' } = first.outputs;
  assert.match(digest, /^sha256:[0-9a-f]{64}$/);
  const registered = { ref: 'digits@1.0.0', version: '1.0.0', digest, changed: 'true', verdict: '' };
  assert.deepEqual(first.outputs, registered);
  assert.match(first.summary, /^\n### ✅ registered `digits@1\.0\.0`\n\n\|/);
  assert.match(first.summary, /\| inputs \| `X float32\[batch,64\]` \|/);
  const again = await job.step('register', 'digits', model('digits_mlp'), '--metric', 'accuracy=0.97');
  assert.deepEqual(again.outputs, { ...registered, changed: 'false' });

  const second = await job.step('register', 'digits', model('digits_mlp_v2'), '--stage', 'staging');
  assert.deepEqual([second.outputs['ref'], second.outputs['changed']], ['digits@1.1.0', 'true']);
  assert.match(second.summary, /### ✅ `staging` of `digits` is at `digits@1\.1\.0`/);

  const promote = ['promote', 'digits@1.0.0', '--to', 'production'];
  const promoted = await job.step(...promote, '--require', 'accuracy>=0.9', '-m', '@ada |\n**x**');
  assert.deepEqual(promoted.outputs, { ...registered, verdict: 'pass' });
  assert.match(promoted.summary, /- why: `@ada \\\|\\u\{0a\}\*\*x\*\*`/);
  assert.match(promoted.summary, /\| ✅ pass \| `accuracy>=0\.9` \|/);
  assert.deepEqual((await job.step(...promote)).outputs, { ...registered, changed: 'false' });
  const dry = await job.step('promote', 'digits@1.1.0', '--to', 'production', '--dry-run', '--json');
  assert.deepEqual([dry.outputs['ref'], dry.outputs['changed']], ['digits@1.1.0', 'false']);
  assert.match(
    dry.summary,
    /### `production` of `digits` would be at `digits@1\.1\.0` \(dry run; nothing changed\)/,
  );

  await job.step('promote', 'digits@1.1.0', '--to', 'production', '--quiet');
  const back = await job.step('rollback', 'digits', '--yank');
  assert.deepEqual(back.outputs, registered);
  assert.match(
    back.summary,
    /### ✅ `production` of `digits` is back at `digits@1\.0\.0`[^]*- yanked: `1\.1\.0`/,
  );
  const stays = await job.step('rollback', 'digits', '--to-version', '1.0.0');
  assert.deepEqual(stays.outputs, { ...registered, changed: 'false' });
});

test('a gate that blocks, and a stage that a registration does not reach, are told with exit code 5', async (t) => {
  const job = await openJob(t);
  await job.step('register', 'digits', model('digits_mlp'), '--stage', 'production');
  const { outputs: candidate } = await job.step('register', 'digits', model('digits_mlp_bad'));
  const promote = ['promote', 'digits@1.0.1', '--to', 'production'];
  const blocked = await job.step(...promote, '--require', 'size<1kB', '--require', 'auc>=0.5');
  assert.equal(blocked.code, 5);
  assert.deepEqual(blocked.outputs, { ...candidate, changed: 'false', verdict: 'fail' });
  assert.match(
    blocked.summary,
    /### ❌ `production` of `digits` stays at `digits@1\.0\.0`: the gates of `digits@1\.0\.1` did not pass/,
  );
  assert.match(blocked.summary, /❔ inconclusive \| `auc>=0\.5`/);
  const undecided = await job.step(...promote, '--require', 'auc>=0.5', '--json');
  assert.deepEqual([undecided.code, undecided.outputs['verdict']], [5, 'inconclusive']);
  const forced = await job.step(...promote, '--require', 'auc>=0.5', '--force', '-m', 'drill');
  assert.deepEqual([forced.outputs['changed'], forced.outputs['verdict']], ['true', 'inconclusive']);
  assert.match(forced.summary, /- overridden: `auc>=0\.5`/);
});

test('a bench tells its verdict, in every form, and that nothing could be measured', async (t) => {
  const job = await openJob(t);
  const { outputs: registered } = await job.step('register', 'digits', model('digits_mlp'));
  const quick = ['--launches', '1', '--warmup', '10', '--iterations', '1000', '--threads', '1'];
  const bench = ['bench', 'digits@1.0.0', ...quick];
  const plain = await job.step(...bench);
  assert.equal(plain.code, 0, plain.stderr);
  assert.deepEqual(plain.outputs, registered);
  const slow = await job.step(...bench, '--max-p95', '1ns', '--json');
  assert.equal(slow.code, 5);
  assert.deepEqual(slow.outputs, { ...registered, verdict: 'fail' });
  assert.match(slow.summary, /^\n### ❌ `digits@1\.0\.0` fails/);
  const recheck = await job.step('bench', '--recheck', slow.json.id, '--max-p50', '1h');
  assert.deepEqual(recheck.outputs, { ...registered, changed: 'false', verdict: 'pass' });
  const grid = await job.step(...bench.slice(0, 2), '--matrix', 'batch=1,2', ...quick, '--max-p95', '1ns');
  assert.deepEqual([grid.code, grid.outputs['verdict']], [5, 'fail']);
  assert.match(grid.summary, /### Settings of `digits@1\.0\.0`/);
  const stopped = await job.step('bench', 'digits@1.0.0', '--memory-limit', '1MiB');
  assert.deepEqual([stopped.code, stopped.outputs['verdict']], [5, 'fail'], stopped.stderr);
  assert.match(stopped.summary, /could not be measured: oom/);
});

test('files that cannot be written are a warning: what the command did stands', async (t) => {
  const folder = tempFolder(t);
  mkdirSync(join(folder, 'folder'));
  const unwritable = {
    GITHUB_OUTPUT: join(folder, 'no', 'file'),
    GITHUB_STEP_SUMMARY: join(folder, 'folder'),
  };
  const shell = openShell(t, unwritable);
  await shell.run('init');
  const run = await shell.run('register', 'digits', model('digits_mlp'), '--json');
  assert.deepEqual([run.code, run.stderr, run.json.changed], [0, '', true]);
  assert.equal(run.json.warnings.length, 2);
  assert.match(run.json.warnings[0] ?? '', /^could not write .* \(GITHUB_OUTPUT\): .*ENOENT/);
  assert.match(run.json.warnings[1] ?? '', /^could not write .* \(GITHUB_STEP_SUMMARY\): .*EISDIR/);
  const text = await shell.run('promote', 'digits@1.0.0', '--to', 'staging');
  assert.match(text.stderr, /^warning: .* \(GITHUB_OUTPUT\): .*\nwarning: .* \(GITHUB_STEP_SUMMARY\): .*\n$/);
});

test('without the variables, and of commands that only look, nothing is written', async (t) => {
  const job = await openJob(t);
  await job.step('register', 'digits', model('digits_mlp'), '--stage', 'production');
  for (const args of [
    ['list'],
    ['show', 'digits'],
    ['bench', '--list'],
    ['demote', 'digits', '--stage', 'production'],
  ]) {
    const run = await job.step(...args);
    assert.deepEqual([run.code, run.outputs, run.summary], [0, {}, ''], args.join(' '));
  }
  const failed = await job.step('promote', 'digits@9.9.9', '--to', 'staging');
  assert.deepEqual([failed.code, failed.outputs, failed.summary], [3, {}, '']);
  const shell = openShell(t, { GITHUB_OUTPUT: '', GITHUB_STEP_SUMMARY: '' });
  await shell.run('init');
  assert.deepEqual((await shell.json('register', 'digits', model('digits_mlp'))).warnings, []);
});
