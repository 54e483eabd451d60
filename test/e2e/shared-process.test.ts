import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { model, openRegistryShell, ownProcess, runCli } from '../support/run-cli.ts';
import { hostsStarted } from '../support/shared-process.ts';

test('a process that runs one command after another gives what a process for each gives', async (t) => {
  const shell = await openRegistryShell(t);
  const { cwd } = shell;
  await shell.json('register', 'digits', model('digits_mlp'), '--metric', 'accuracy=0.97');
  const below = join(cwd, 'below');
  mkdirSync(below);
  const commands: [string[], { cwd?: string; env?: Record<string, string> }?][] = [
    [['list', '--json'], { cwd: below }],
    [['show', 'digits', '--json', '--registry', '../registry'], { cwd: below }],
    [['show', 'digits@production'], { env: { FORCE_COLOR: '1' } }],
    [['show', 'digits@production']],
    [['list', '--json'], { env: { MLREG_REGISTRY: 'nowhere' } }],
    [['list', '--json']],
    [['promote', 'digits', '--to', 'production', '--require', 'accuracy>=0.99', '--dry-run', '--json']],
    [['lits']],
    [['help', 'bench']],
    [[]],
  ];
  for (const [args, { cwd: folder = cwd, env = {} } = {}] of commands) {
    const shared = await runCli(args, { cwd: folder, env });
    const own = await runCli(args, { cwd: folder, env, command: ownProcess });
    for (const part of ['code', 'signal', 'stdout', 'stderr'] as const)
      assert.equal(shared[part], own[part], `${args.join(' ')}: ${part}`);
  }
});

test('commands at the same time have a process each, and output of any length arrives whole', async (t) => {
  const { cwd } = await openRegistryShell(t);
  const long = await runCli(['schema', 'output'], { cwd, command: ownProcess });
  assert.ok(long.stdout.length > 70_000);
  const runs = await Promise.all(Array.from({ length: 3 }, () => runCli(['schema', 'output'], { cwd })));
  for (const { code, stdout, stderr } of runs) assert.deepEqual([code, stdout, stderr], [0, long.stdout, '']);
});

test('a command leaves its process to the next one', async (t) => {
  const shell = await openRegistryShell(t);
  const before = hostsStarted();
  await shell.json('register', 'digits', model('digits_mlp'));
  for (const args of [
    ['show', 'digits'],
    ['list', '--json'],
    ['show', 'nothing'],
    ['help', 'gc'],
  ])
    await shell.run(...args);
  assert.equal(hostsStarted(), before);
});
