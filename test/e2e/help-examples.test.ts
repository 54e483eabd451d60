import assert from 'node:assert/strict';
import { once } from 'node:events';
import { copyFileSync, cpSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { commandTable } from '../../src/cli/command-table.ts';
import type { CommandHelp } from '../../src/cli/help/command-help.ts';
import { programExamples } from '../../src/cli/help/program-page.ts';
import { briefly, plainWords, runByShell, withMlreg } from '../support/documented-commands.ts';
import { foreignLayout, titled } from '../support/foreign-layouts.ts';
import { graph, model as onnxModel, node, tensor } from '../support/onnx-writer.ts';
import { writeLayout } from '../support/layouts.ts';
import { model, openRegistryShell, runCli, startCli, type Shell } from '../support/run-cli.ts';
import { fixture, tempFolder } from '../support/temp-folder.ts';

/**
 * The folder in which the examples of the help run, each in a copy of its own that is also the home
 * folder. It has model.onnx, policy.json, metadata.json, metrics.json, golden.json, train.csv,
 * labels.csv with labels for predictions of digits@production that were kept,
 * model.pkl, cert.pem, key.pem, tokens; and a registry with digits 1.0.0, 1.0.1 and 1.1.0, each with its golden set, of which
 * 1.0.0 and then 1.0.1 went into production, and 1.1.0 into staging, all of them through a gate; a
 * stage qa that nothing holds; scale 1.0.0 in production, whose output is the input of digits; stored
 * benches of 1.0.0 and 1.0.1, and an evaluation of 1.0.1; the latest version exported to
 * digits.tar and to digits-layout; a model of another tool in pushed; and checkpoint.json, the head
 * of its history.
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
  const scale = graph({
    inputs: [tensor('pixels', 'float32', ['N', 64])],
    outputs: [tensor('X', 'float32', ['N', 64])],
    nodes: [node('Identity', ['pixels'], ['X'])],
  });
  writeFileSync(join(shell.cwd, 'scale.onnx'), onnxModel({ opset: 17, graph: scale }));
  await shell.json('register', 'scale', 'scale.onnx');
  await shell.json('promote', 'scale@1.0.0', '--to', 'production');
  copyFileSync(fixture('tls/a.crt'), join(shell.cwd, 'cert.pem'));
  copyFileSync(fixture('tls/a.key'), join(shell.cwd, 'key.pem'));
  writeFileSync(join(shell.cwd, 'tokens'), 'ada 0123456789abcdef\n', { mode: 0o600 });
  await shell.json('stage', 'add', 'qa');
  writeFileSync(
    join(shell.cwd, 'policy.json'),
    JSON.stringify({ stages: { staging: { require: ['accuracy>=0.9', 'golden'], whenEmpty: 'pass' } } }),
  );
  await shell.json('profile', 'train.csv', '-o', 'profile.json');
  for (const [version, stage] of [
    ['1.0.0', 'production'],
    ['1.0.1', 'production'],
    ['1.1.0', 'staging'],
  ])
    await shell.json('promote', `digits@${version}`, '--to', stage ?? '', '--require', 'accuracy>=0.9');
  for (const ref of ['digits@1.0.0', 'digits@production'])
    await shell.json('bench', ref, '--iterations', '400', '--warmup', '10');
  const labelled = ['--data', 'train.csv', '--target', 'target', '--save'];
  await shell.json('evaluate', 'digits@production', ...labelled);
  const [header = '', ...rows] = readFileSync(join(shell.cwd, 'train.csv'), 'utf8').split('\n').slice(0, 60);
  const keyed = rows.map((row, at) => `${at},${row}`);
  writeFileSync(join(shell.cwd, 'keyed.csv'), [`id,${header}`, ...keyed, ''].join('\n'));
  const labels = rows.map((row, at) => `${at},${row.slice(row.lastIndexOf(',') + 1)}`);
  writeFileSync(join(shell.cwd, 'labels.csv'), ['id,digit', ...labels, ''].join('\n'));
  const keeping = ['--exclude', 'id,target', '--keep', '--key', 'id', '--output', 'kept.csv'];
  await shell.json('predict', 'digits@production', '--input', 'keyed.csv', ...keeping);
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
  // Not in the folder that each example gets a copy of, so that code is cached for all of them.
  const caches = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache');
  const env = withMlreg(tempFolder(t), { XDG_CACHE_HOME: caches });
  let url: string | undefined;
  for (const [name, help] of await allHelp()) {
    for (const [, command] of help.examples) {
      assert.match(command, new RegExp(`\\bmlreg ${name}\\b`));
      await t.test(command, () => run(command));
    }
  }
  for (const command of programExamples) await run(command);

  /** The address of a server that serves what is in production. */
  async function serverUrl(): Promise<string> {
    if (url !== undefined) return url;
    const server = startCli(['serve', 'digits@production', '--port', '0', '--quiet'], { cwd: shell.cwd });
    t.after(() => void server.kill('SIGKILL'));
    const [said] = (await once(server.stdout ?? server, 'data')) as [Buffer];
    return (url = String(said).trim());
  }

  /** In a copy of the folder, and by a shell only where there is something for it to do. */
  async function run(written: string): Promise<void> {
    const command = written.startsWith('mlreg serve status ')
      ? written.replace('http://127.0.0.1:8080', await serverUrl())
      : written;
    const cwd = tempFolder(t);
    cpSync(shell.cwd, cwd, { recursive: true });
    const place = { cwd, env: { ...env, HOME: cwd } };
    const words = plainWords(briefly(command));
    if (words === undefined) return void runByShell(briefly(command), place);
    const json = measures(words) ? ['--json'] : [];
    const { code, stderr } = await runCli([...words, ...json], place);
    assert.equal(code, 0, `${command}: ${stderr}`);
  }
});

/** Whether an example times a model, whose many forms have a JSON that no other test looks at. */
function measures(words: string[]): boolean {
  return words.includes('--duration') || words.includes('--rate');
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
