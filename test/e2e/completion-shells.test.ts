import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { bin, cleanEnv, finished, model, openRegistryShell } from '../support/run-cli.ts';
import { noTerminal, startOnTerminal } from '../support/terminal.ts';
import type { Cleanup } from '../support/temp-folder.ts';

/**
 * A folder with a registry, some files with hard names, and an `mlreg` on the PATH that completes
 * as the real one does, and writes down what else it is given.
 */
async function prepare(t: Cleanup): Promise<{ cwd: string; env: Record<string, string> }> {
  const shell = await openRegistryShell(t);
  await shell.json('register', 'digits', model('digits_mlp'));
  await shell.json('register', 'digits', model('digits_mlp_v2'));
  await shell.json('register', 'team/churn', model('digits_mlp'));
  await shell.json('promote', 'digits@1.0.0', '--to', 'production');
  const { cwd } = shell;
  mkdirSync(join(cwd, 'path'));
  const stub = `#!/bin/sh
if [ "$1" = __complete ] || [ "$1" = completion ]; then exec '${process.execPath}' '${bin}' "$@"; fi
printf '<%s>' "$@" >> '${cwd}/typed'
echo >> '${cwd}/typed'
`;
  writeFileSync(join(cwd, 'path', 'mlreg'), stub, { mode: 0o755 });
  mkdirSync(join(cwd, 'a dir'));
  writeFileSync(join(cwd, 'a dir', 'file $(touch pwned).json'), '{}');
  writeFileSync(join(cwd, 'meta:data.json'), '{}');
  return { cwd, env: { PATH: `${join(cwd, 'path')}:${process.env['PATH']}`, HOME: cwd, LC_ALL: 'C.UTF-8' } };
}

/** What is typed, with tabs where the key is pressed; and the words that the command then gets. */
const typing: [keys: string, words: string[]][] = [
  ['promot\t digits@prod\t --to st\t', ['promote', 'digits@production', '--to', 'staging']],
  ['show digits@\tprod\t', ['show', 'digits@production']],
  ['show models:/dig\t@la\t', ['show', 'models:/digits@latest']],
  ['show models:/digits/1.1\t', ['show', 'models:/digits/1.1.0']],
  ['show digits@sha256:e1\t', ['show', 'digits@sha256:e1c147def051']],
  ['show "digits@prod\t', ['show', 'digits@production']],
  ['bench digits@prod\t --matr\tth\t1', ['bench', 'digits@production', '--matrix', 'threads=1']],
  ['rollback te\t', ['rollback', 'team/churn']],
  [
    'register x a\tfi\t --if-exists=re\t',
    ['register', 'x', 'a dir/file $(touch pwned).json', '--if-exists=reuse'],
  ],
  ['register x y --metadata met\t', ['register', 'x', 'y', '--metadata', 'meta:data.json']],
  ['register x meta:\t', ['register', 'x', 'meta:data.json']],
  ['register x y --data train=met\t', ['register', 'x', 'y', '--data', 'train=meta:data.json']],
];

/** Types each line into an interactive shell, and compares what the command was given. */
async function typeInto(t: Cleanup, shell: string, load: string): Promise<void> {
  const { cwd, env } = await prepare(t);
  const child = startOnTerminal(shell, { cwd, env });
  t.after(() => void child.kill());
  // Every line is there before the shell asks for it: nothing waits for anything.
  child.stdin?.end(`${load}\n${typing.map(([keys]) => `mlreg ${keys}\n`).join('')}exit\n`);
  const { stdout } = await finished(child);
  const lines = readFileSync(join(cwd, 'typed'), 'utf8').trimEnd().split('\n');
  assert.deepEqual(
    lines,
    typing.map(([, words]) => words.map((word) => `<${word}>`).join('')),
    stdout,
  );
}

function runShell(
  shell: string,
  args: string[],
  { cwd, env }: { cwd: string; env: Record<string, string> },
): { stdout: string; stderr: string } {
  return spawnSync(shell, args, { cwd, env: cleanEnv(env), encoding: 'utf8' });
}

/** A shell that was left waiting for the end of a quote would wait for ever. */
const timeout = 120_000;

function lacks(shell: string): string | false {
  return spawnSync(shell, ['--version']).status === 0 ? noTerminal : `${shell} is not installed`;
}

test('bash completes what is typed', { skip: lacks('bash'), timeout }, async (t) => {
  await typeInto(t, 'bash --norc --noprofile -i', 'eval "$(mlreg completion bash)"');
});

test('zsh completes what is typed', { skip: lacks('zsh'), timeout }, async (t) => {
  const load = 'autoload -Uz compinit; compinit -u -D; eval "$(mlreg completion zsh)"';
  await typeInto(t, 'zsh -f -i', load);
});

test('zsh completes from a file of fpath', { skip: lacks('zsh'), timeout }, async (t) => {
  const load =
    'mkdir zfunc; mlreg completion zsh > zfunc/_mlreg; fpath=($PWD/zfunc $fpath); autoload -Uz compinit; compinit -u -D';
  await typeInto(t, 'zsh -f -i', load);
});

test(
  'bash offers each candidate once, and nothing that it would evaluate',
  { skip: lacks('bash'), timeout },
  async (t) => {
    const { cwd, env } = await prepare(t);
    const offered = (...words: string[]): string[] => {
      const line = words.join(' ');
      const script = `eval "$(mlreg completion bash)"
      COMP_LINE=$1 COMP_POINT=\${#1} COMP_WORDS=("\${@:2}") COMP_CWORD=$(($# - 2))
      _mlreg mlreg "\${@: -1}" "\${@: -2:1}"
      printf '%s\\n' "\${COMPREPLY[@]}"`;
      const { stdout } = runShell('bash', ['--norc', '-c', script, 'bash', line, ...words], { cwd, env });
      return stdout.trimEnd().split('\n');
    };
    assert.deepEqual(offered('mlreg', 'promote', 'digits@pr'), ['@production']);
    assert.deepEqual(offered('mlreg', 'list', 'dig'), ['digits']);
    assert.deepEqual(offered('mlreg', 'show', 'models:/t'), [
      '/team/churn',
      '/team/churn@latest',
      '/team/churn@1.0.0',
    ]);
    for (const hostile of [
      '$(touch pwned)',
      '`touch pwned`',
      '"$(touch pwned)',
      "'$(touch pwned)",
      '${x:=$(touch pwned)}',
    ])
      assert.deepEqual(offered('mlreg', 'show', hostile), [''], hostile);
    assert.ok(!readdirSync(cwd).includes('pwned'));
  },
);

test('fish offers candidates with what they are', { skip: lacks('fish'), timeout }, async (t) => {
  const { cwd, env } = await prepare(t);
  const offered = (line: string): string[] => {
    const script = 'mlreg completion fish | source; complete -C $argv[1]';
    const { stdout, stderr } = runShell('fish', ['--no-config', '-c', script, line], { cwd, env });
    assert.equal(stderr, '', line);
    return stdout.trimEnd().split('\n');
  };
  const digits = [
    'digits\t2 versions, latest 1.1.0',
    'digits@production\tnow 1.0.0',
    'digits@latest\tnow 1.1.0',
    'digits@1.1.0',
    'digits@1.0.0\tproduction',
  ];
  assert.deepEqual(offered('mlreg promote dig'), digits);
  assert.deepEqual(offered("mlreg promote 'dig"), digits);
  assert.deepEqual(offered('mlreg promote digits@1.0.0 --to='), [
    '--to=staging',
    '--to=production\tnow 1.0.0',
  ]);
  assert.deepEqual(offered('mlreg show models:/digits@pr'), ['models:/digits@production\tnow 1.0.0']);
  assert.deepEqual(offered('mlreg register x y --data train=met'), ['train=meta:data.json']);
  assert.deepEqual(offered('mlreg pull digits -o a'), ['a dir/']);
  for (const hostile of ['(touch pwned)', '(touch pwned)dig', '"$(touch pwned)', "'(touch pwned)"])
    offered(`mlreg show ${hostile}`);
  assert.ok(!readdirSync(cwd).includes('pwned'));
});
