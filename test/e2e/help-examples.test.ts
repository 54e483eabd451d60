import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { commandTable } from '../../src/cli/command-table.ts';
import type { CommandHelp } from '../../src/cli/help/command-help.ts';
import { programExamples } from '../../src/cli/help/program-page.ts';
import { foreignLayout, titled } from '../support/foreign-layouts.ts';
import { writeLayout } from '../support/layouts.ts';
import { assertDocumented } from '../support/documented-json.ts';
import { bin, cleanEnv, model, openRegistryShell, runCli, type Shell } from '../support/run-cli.ts';
import { fixture, tempFolder } from '../support/temp-folder.ts';

/**
 * The folder in which the examples of the help run, each in a copy of its own that is also the home
 * folder. It has model.onnx, policy.json, metadata.json, metrics.json, golden.json, train.csv,
 * model.pkl; and a registry with digits 1.0.0, 1.0.1 and 1.1.0, each with its golden set, of which
 * 1.0.0 and then 1.0.1 went into production, and 1.1.0 into staging, all of them through a gate; a
 * stage qa that nothing holds; a stored bench of 1.0.1; the latest version exported to digits.tar
 * and to digits-layout; a model of another tool in pushed; and checkpoint.json, the head of its
 * history.
 */
let shell: Shell;
const cleanups: (() => void | Promise<void>)[] = [];
const cleanup = { after: (action: () => void | Promise<void>): void => void cleanups.push(action) };

before(async () => {
  shell = await openRegistryShell(cleanup);
  copyFileSync(model('digits_mlp'), join(shell.cwd, 'model.onnx'));
  copyFileSync(fixture('digits_mlp/metadata.json'), join(shell.cwd, 'metadata.json'));
  copyFileSync(fixture('digits_mlp/train.csv'), join(shell.cwd, 'train.csv'));
  copyFileSync(fixture('digits_mlp/golden.json'), join(shell.cwd, 'golden.json'));
  writeFileSync(join(shell.cwd, 'metrics.json'), '{"live":{"accuracy":0.96}}');
  writeFileSync(join(shell.cwd, 'model.pkl'), 'not really a pickle');
  for (const name of ['digits_mlp', 'digits_mlp_retrained', 'digits_mlp_v2']) {
    const golden = ['--golden', fixture(`${name}/golden.json`)];
    await shell.json('register', 'digits', model(name), ...golden, '--metric', 'accuracy=0.97');
  }
  await shell.json('stage', 'add', 'qa');
  writeFileSync(
    join(shell.cwd, 'policy.json'),
    JSON.stringify({ stages: { staging: { require: ['accuracy>=0.9', 'golden'], whenEmpty: 'pass' } } }),
  );
  for (const [version, stage] of [
    ['1.0.0', 'production'],
    ['1.0.1', 'production'],
    ['1.1.0', 'staging'],
  ])
    await shell.json('promote', `digits@${version}`, '--to', stage ?? '', '--require', 'accuracy>=0.9');
  await shell.json('bench', 'digits@production', '--iterations', '400', '--warmup', '10');
  for (const output of ['digits.tar', 'digits-layout']) await shell.json('export', 'digits', '-o', output);
  const pushed = { layers: [titled('model.onnx', readFileSync(model('digits_mlp')))], names: ['2.1.0'] };
  writeLayout(foreignLayout(pushed), join(shell.cwd, 'pushed'));
  writeFileSync(join(shell.cwd, 'about.md'), 'the wide network');
  writeFileSync(join(shell.cwd, 'checkpoint.json'), (await shell.run('history', '--checkpoint')).stdout);
});

after(async () => {
  for (const action of cleanups.toReversed()) await action();
});

test('every example of the help works as it is written', async (t) => {
  // Not in the folder that each example gets a copy of.
  const caches = tempFolder(t);
  for (const [name, help] of await allHelp()) {
    for (const [, command] of help.examples) {
      assert.match(command, new RegExp(`\\bmlreg ${name}\\b`));
      // What does more with the output wants it as it is.
      if (command.startsWith('mlreg ') && !excludesJson(command)) checkJson(await run(command, true));
      if (!measures(command)) await t.test(command, async () => void (await run(command, false)));
    }
  }
  for (const command of programExamples) await run(command, false);

  /**
   * What a command prints, run in a copy of the folder. A shell is only started where there are
   * words for it.
   */
  async function run(command: string, json: boolean): Promise<string> {
    const cwd = copyOfAll();
    if (!/^mlreg [\w ./:=@+-]+$/.test(command)) return runByShell(command, json, cwd);
    const words = [...command.split(' ').slice(1), ...(json ? ['--json'] : [])];
    const { code, stdout, stderr } = await runCli(words, { cwd, env: { HOME: cwd } });
    assert.equal(code, 0, `${command}: ${stderr}`);
    return stdout;
  }

  function copyOfAll(): string {
    const cwd = tempFolder(t);
    cpSync(shell.cwd, cwd, { recursive: true });
    return cwd;
  }

  function runByShell(command: string, json: boolean, cwd: string): string {
    mkdirSync(join(cwd, 'path'));
    const file = join(cwd, 'path', 'mlreg');
    writeFileSync(file, `#!/bin/sh\nexec '${process.execPath}' '${bin}' "$@"${json ? ' --json' : ''}\n`);
    chmodSync(file, 0o755);
    const path = `${join(cwd, 'path')}:${process.env['PATH']}`;
    const { status, stdout, stderr } = spawnSync('bash', ['-c', command], {
      cwd,
      env: cleanEnv({ PATH: path, HOME: cwd, XDG_CACHE_HOME: caches }),
      encoding: 'utf8',
    });
    assert.equal(status, 0, `${command}: ${stderr}`);
    return stdout;
  }
});

function checkJson(json: string): void {
  const printed = JSON.parse(json) as object;
  // What schema prints is a schema itself.
  if (!('$schema' in printed)) assertDocumented(printed);
}

/** Whether an example times a model for seconds, for which once is enough. */
function measures(command: string): boolean {
  return command.includes('--duration') && !excludesJson(command);
}

/** Whether an example asks for another form of the result already. */
function excludesJson(command: string): boolean {
  return /\s--(?:markdown|quiet)\b|\s-o -\s/.test(command);
}

/** The pages of all commands and subcommands, by what is typed for them. */
async function allHelp(): Promise<[string, CommandHelp][]> {
  const pages: [string, CommandHelp][] = [];
  for (const { names, load } of commandTable) {
    const help = (await load()).help?.();
    if (help === undefined) continue;
    pages.push([names[0] ?? '', help]);
    for (const [name, page] of Object.entries(help.commands ?? {})) pages.push([`${names[0]} ${name}`, page]);
  }
  return pages;
}
