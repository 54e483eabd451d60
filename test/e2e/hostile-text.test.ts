import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { model, openRegistryShell, runCli, type Shell } from '../support/run-cli.ts';
import { noTerminal, runOnTerminal } from '../support/terminal.ts';
import type { Cleanup } from '../support/temp-folder.ts';

const clipboard = '\u001b]52;c;cm0gLXJmIH4=\u0007';
const link = '\u001b]8;;https://evil.example\u001b\\click\u001b]8;;\u001b\\';
const description = [
  `first ${clipboard}${link}`,
  'second \r\u202egnp.exe\u2069 \u009b31m\u200b\u007f',
  '::error file=x::broken',
  '  ::set-output name=digest::sha256:0000',
  '##[group]hidden ##vso[task.setvariable]',
  '漢字 😀 é stay',
].join('\n');
const tag = `\u001b[2J${clipboard}\t\u202e\r\n::add-mask::digits\n##[endgroup]`;
const actor = 'ada\u001b[31m\n::stop-commands::x';

/**
 * What may never reach a terminal or a log: controls but newline and tab, C1, bidi and invisible
 * characters.
 */
const raw =
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069]/;

/**
 * Without what we write ourselves: SGR colours, and the carriage return of a terminal's line end.
 */
const withoutOurs = (text: string): string => text.replaceAll(/\u001b\[\d+m/g, '').replaceAll('\r\n', '\n');

async function hostileShell(t: Cleanup): Promise<Shell> {
  const shell = await openRegistryShell(t);
  const folder = join(shell.cwd, 'model');
  mkdirSync(folder);
  copyFileSync(model('digits_mlp'), join(folder, 'model.onnx'));
  writeFileSync(join(folder, '::error::\u202eoops ##[x].txt'), 'x');
  writeFileSync(join(shell.cwd, 'about.md'), description);
  const metadata = [
    '--description-file',
    'about.md',
    '--tag',
    `team=${tag}`,
    '--tag',
    `${tag}=x`,
    '--param',
    `p=${tag}`,
  ];
  const rest = ['--data-uri', `s3://${tag}`, '--run', `https://example.com/${tag}`, '--actor', actor];
  await shell.json('register', 'digits', 'model', ...metadata, ...rest);
  await shell.json('promote', 'digits@1.0.0', '--to', 'production', '-m', tag, '--actor', actor);
  await shell.json('yank', 'digits@1.0.0', '-m', tag, '--actor', actor);
  return shell;
}

const commands = [
  ['list'],
  ['list', 'digits', '--all'],
  ['show', 'digits@1.0.0'],
  ['show', 'digits@1.0.0', '--files'],
  ['show', 'digits@1.0.0', '--metadata'],
  ['history', 'digits'],
  ['history', '--at', '0s'],
  ['pull', 'digits@1.0.0', '-o', 'out'],
  ['promote', 'digits@1.0.0', '--to', 'staging'],
  [
    'register',
    'digits',
    'model',
    '--description-file',
    'about.md',
    '--tag',
    `team=${tag}`,
    '--if-exists',
    'new',
  ],
  ['verify'],
];

test('hostile text is kept as it is, and shown escaped in a pipe', async (t) => {
  const shell = await hostileShell(t);
  const { metadata, tags } = await shell.json('show', 'digits@1.0.0');
  assert.equal(metadata.description, description);
  assert.equal(tags['team'], tag);
  assert.equal(metadata.params?.['p'], tag);
  assert.equal((await shell.json('history', 'digits')).events.at(-1)?.actor, actor);
  for (const args of commands) {
    const { stdout, stderr } = await shell.run(...args);
    assert.doesNotMatch(stdout + stderr, raw, args.join(' '));
    assert.doesNotMatch(stdout + stderr, /\r/);
    const json = await shell.run(...args, '--json');
    assert.doesNotMatch(json.stdout + json.stderr, raw, args.join(' '));
  }
  const plain = await shell.run('show', 'digits@1.0.0', '--metadata');
  assert.deepEqual(JSON.parse(plain.stdout), metadata, 'metadata in a pipe is JSON');
  const shown = await shell.run('show', 'digits@1.0.0');
  assert.equal(
    shown.stdout
      .split('\n')
      .find((line) => line.startsWith('tag\tteam'))
      ?.split('\t').length,
    3,
  );
});

test('hostile text is shown escaped on a terminal', { skip: noTerminal }, async (t) => {
  const shell = await hostileShell(t);
  for (const args of [
    ...commands,
    ['show', 'digits@1.0.0', '--json'],
    ['show', `a${clipboard}`],
    [clipboard],
  ]) {
    const { stdout } = await runOnTerminal(args, { cwd: shell.cwd });
    assert.doesNotMatch(withoutOurs(stdout), raw, args.join(' '));
    assert.doesNotMatch(withoutOurs(stdout), /\r/);
    assert.notEqual(stdout, '');
  }
  const { stdout } = await runOnTerminal(['show', 'digits@1.0.0'], { cwd: shell.cwd });
  assert.match(stdout, /漢字 😀 é stay/, 'letters of any script are no attack');
});

test('under GitHub Actions no line of output is a workflow command', async (t) => {
  const { cwd } = await hostileShell(t);
  const env = { GITHUB_ACTIONS: 'true', CI: 'true', GITHUB_ACTOR: '::error::actor' };
  const wrong = [
    ['show', 'digits@\n::error::x'],
    ['\n::error::x'],
    ['list', '\n::error::x\n##[error]y'],
    ['--registry', '\n::error::x', 'list'],
    ['register', 'digits', '\n::error::x'],
    ['list', '--\n::error::x'],
  ];
  for (const [form, typed] of [
    [[], [...commands, ...wrong]],
    [['--json'], commands],
  ] as const) {
    for (const args of typed) {
      const { stdout, stderr } = await runCli([...args, ...form], { cwd, env });
      for (const line of `${stdout}\n${stderr}`.split(/\r\n|[\r\n]/)) {
        assert.doesNotMatch(line, /^\s*::/, args.join(' '));
        assert.ok(!line.includes('##['), line);
      }
    }
  }
  const { json } = await runCli(['show', 'digits@1.0.0', '--json'], { cwd, env });
  assert.equal(json.metadata.description, description, 'JSON is the same value there');
});
