import assert from 'node:assert/strict';
import { chmodSync, cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { readAction, runAction, withValues, type ActionRun } from '../support/github-runner.ts';
import { noNpm, packTarball, root } from '../support/npm.ts';
import { servePackages } from '../support/package-registry.ts';
import { model, openRegistryShell, openShell, type Shell } from '../support/run-cli.ts';
import { fixture, tempFolder } from '../support/temp-folder.ts';

const folder = join(root, '.github', 'actions', 'mlreg');
const digest = /^sha256:[0-9a-f]{64}$/;

interface JobStep {
  id?: string;
  uses?: string;
  with?: Record<string, string>;
}

/** This Node, and nothing else that may bring an `mlreg` along. */
const path = `${dirname(process.execPath)}${delimiter}/usr/local/bin${delimiter}/usr/bin${delimiter}/bin`;

function action(shell: Shell, args: string, inputs: Record<string, string> = {}): Promise<ActionRun> {
  return runAction(folder, { args, ...inputs }, { workspace: shell.cwd, env: { PATH: path } });
}

test('every step of the action is a shell step, and every output comes from one', () => {
  const { inputs, outputs, runs } = readAction(folder);
  assert.deepEqual(Object.keys(inputs), ['args', 'registry', 'version', 'working-directory']);
  assert.deepEqual(Object.keys(outputs), ['ref', 'version', 'digest', 'changed', 'verdict', 'exit-code']);
  for (const { run } of runs.steps)
    assert.doesNotMatch(run, /\$\{\{/, 'inputs are not made part of a script, where they could be commands');
});

test('the mlreg beside the action is put on the PATH, runs, and its results are outputs', async (t) => {
  const shell = await openRegistryShell(t);
  const registered = await action(
    shell,
    `register digits ${model('digits_mlp')}\n  --metric accuracy=0.97 --stage staging`,
  );
  assert.equal(registered.code, 0, registered.log);
  const { digest: found = '', ...rest } = registered.outputs;
  assert.match(found, digest);
  assert.deepEqual(rest, {
    ref: 'digits@1.0.0',
    version: '1.0.0',
    changed: 'true',
    verdict: '',
    'exit-code': '0',
  });
  assert.match(registered.summary, /### ✅ registered `digits@1\.0\.0`/);
  const promoted = await action(
    shell,
    `promote digits@1.0.0 --to production --require 'accuracy>=0.9' -m 'good "enough"'`,
  );
  assert.deepEqual(
    [promoted.code, promoted.outputs['verdict'], promoted.outputs['digest']],
    [0, 'pass', found],
  );
  assert.equal((await shell.json('history', 'digits', '--limit', '1')).events[0]?.message, 'good "enough"');
});

test('a blocked promotion fails the step with exit code 5, and the outputs say of what', async (t) => {
  const shell = await openRegistryShell(t);
  await shell.json('register', 'digits', model('digits_mlp_bad'), '--metric', 'accuracy=0.56');
  mkdirSync(join(shell.cwd, 'elsewhere'));
  const run = await action(shell, "promote digits@1.0.0 --to production --require 'accuracy >= 0.9'", {
    registry: '../registry',
    'working-directory': 'elsewhere',
  });
  assert.equal(run.code, 5, run.log);
  const { ref, changed, verdict, 'exit-code': code } = run.outputs;
  assert.deepEqual([ref, changed, verdict, code], ['digits@1.0.0', 'false', 'fail', '5']);
  assert.match(
    run.summary,
    /❌ `production` of `digits` stays empty: the gates of `digits@1\.0\.0` did not pass/,
  );
  assert.match(run.summary, /\| ❌ fail \| `accuracy>=0\.9` \|/);
});

test('arguments are words, never commands', async (t) => {
  const shell = await openRegistryShell(t);
  await shell.json('register', 'digits', model('digits_mlp'));
  const message = '$(touch owned) `touch owned`; touch owned && ${HOME} *';
  const run = await action(shell, `promote digits@1.0.0 --to staging -m '${message}'`);
  assert.equal(run.code, 0, run.log);
  assert.equal((await shell.json('history', 'digits', '--limit', '1')).events[0]?.message, message);
  assert.throws(() => readFileSync(join(shell.cwd, 'owned')), /ENOENT/);
  const open = await action(shell, "promote 'digits@1.0.0 --to staging");
  assert.equal(open.code, 2);
  assert.match(open.log, /::error::the quotes in args do not match/);
});

test('the job of the README runs the action as written', async (t) => {
  const readme = readFileSync(join(root, 'README.md'), 'utf8');
  const jobs = [...readme.matchAll(/^```yaml\n(.*?)^```$/gms)].map(
    ([, text = '']) => parse(text) as { jobs?: { release: { steps: JobStep[] } } },
  );
  const steps = jobs.flatMap((each) => each.jobs?.release.steps ?? []);
  const own = steps.filter(({ uses }) => uses?.endsWith('.github/actions/mlreg'));
  const shell = await openRegistryShell(t);
  for (const file of ['model.onnx', 'metadata.json', 'train.csv', 'golden.json'])
    cpSync(fixture(`digits_mlp/${file}`), join(shell.cwd, file));
  const values = new Map([['github.sha', 'c0ffee']]);
  for (const { id, with: inputs = {} } of own) {
    const { args = '', ...others } = inputs;
    const run = await action(shell, withValues(args, values), others);
    assert.equal(run.code, 0, `${args}\n${run.log}`);
    for (const [name, value] of Object.entries(run.outputs)) values.set(`steps.${id}.outputs.${name}`, value);
  }
  assert.equal((await shell.json('show', 'digits@production')).ref, 'digits@1.0.0');
});

test('an mlreg that is on the PATH already is used as it is', async (t) => {
  const shell = openShell(t);
  writeFileSync(join(shell.cwd, 'mlreg'), '#!/bin/sh\necho "mine: $*"\n');
  chmodSync(join(shell.cwd, 'mlreg'), 0o755);
  const env = { PATH: `${shell.cwd}${delimiter}${path}` };
  const run = await runAction(folder, { args: 'list' }, { workspace: shell.cwd, env });
  assert.deepEqual([run.code, run.log], [0, 'mine: list\n']);
});

test('a version that is named is installed by npm', { skip: noNpm }, async (t) => {
  const shell = await openRegistryShell(t);
  const registry = await servePackages(t);
  const tarball = await packTarball(tempFolder(t));
  const run = await runAction(
    folder,
    { args: 'list --json', version: `file:${tarball}` },
    {
      workspace: shell.cwd,
      env: { PATH: path, npm_config_registry: registry, npm_config_cache: join(shell.cwd, '.npm') },
    },
  );
  assert.equal(run.code, 0, run.log);
  assert.match(run.log, /"command":"list"/);
});
