import assert from 'node:assert/strict';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { commandTable } from '../../src/cli/command-table.ts';
import { assertDocumented } from '../support/documented-json.ts';
import { openMain } from '../support/run-main.ts';
import { fixture, tempFolder } from '../support/temp-folder.ts';

const hostile = '\u001b[2J\u001b]0;title\u0007\u009b31m\u202e';
const pending: (() => void | Promise<void>)[] = [];
const cleanup = { after: (action: () => void | Promise<void>): void => void pending.push(action) };

/** A registry that the lines below start from, each time in a copy. */
let origin: string;

before(async () => {
  origin = tempFolder(cleanup);
  const run = openMain(cleanup, origin);
  for (const name of ['digits_mlp', 'digits_mlp_retrained']) {
    const golden = ['--golden', fixture(`${name}/golden.json`)];
    const texts = ['--tag', `team=${hostile}`, '-m', hostile, '--metric', 'accuracy=0.97'];
    await run(['init']);
    await run(['register', 'digits', fixture(`${name}/model.onnx`), ...golden, ...texts]);
  }
  await run(['promote', 'digits@1.0.0', '--to', 'production', '-m', hostile, '--require', 'accuracy>=0.9']);
  await run(['bench', 'digits', '--iterations', '100', '--warmup', '5', '--launches', '1']);
  await run(['export', 'digits', '-o', 'digits.tar']);
  const rows = readFileSync(fixture('digits_mlp/test.csv'), 'utf8').split('\n', 61);
  writeFileSync(join(origin, data), `${rows.join('\n')}\n`);
  const keyed = rows.map((row, at) => `${at === 0 ? 'id' : at},${row}`);
  writeFileSync(join(origin, 'keyed.csv'), `${keyed.join('\n')}\n`);
  const policy = { stages: { staging: { require: ['accuracy>=0.9'], whenEmpty: 'pass' } } };
  writeFileSync(join(origin, 'policy.json'), JSON.stringify(policy));
});

const documents = new Set(['card', 'attest', 'schema', 'completion', 'version']);
const model = fixture('digits_mlp_v2/model.onnx');
/** The first rows of the test set: what takes time is to judge many. */
const data = 'test.csv';

/** Each command, in an order in which each has something to show. */
const lines: string[][] = [
  ['init'],
  ['register', 'digits', model, '-m', hostile, '--golden', fixture('digits_mlp_v2/golden.json')],
  ['list'],
  ['list', 'digits'],
  ['show', 'digits@1.0.0'],
  ['compare', 'digits@1.0.0', 'digits@1.0.1', 'digits@1.1.0'],
  ['trend', 'digits'],
  ['lineage', 'digits'],
  ['card', 'digits@1.0.0'],
  ['attest', 'digits@1.0.0'],
  ['promote', 'digits@1.0.1', '--to', 'production', '-m', hostile],
  ['rollback', 'digits', '--dry-run', '--yank'],
  ['rollback', 'digits'],
  ['policy', 'apply', 'policy.json'],
  ['policy', 'show'],
  ['policy', 'check', 'digits@1.0.1', '--to', 'staging'],
  ['policy', 'remove', 'staging', '-m', hostile],
  ['history'],
  ['history', '--gates'],
  ['history', '--at', '0s'],
  ['watch', 'digits', '--stage', 'production', '--since', '0', '--once'],
  ['bench', 'digits@1.1.0', '--iterations', '50', '--warmup', '5', '--launches', '1'],
  ['bench', '--list'],
  ['bench', '--matrix', 'batch=1', 'digits@1.1.0', '--iterations', '50', '--warmup', '5', '--launches', '1'],
  ['test', 'digits@1.1.0'],
  [
    'predict',
    'digits@1.1.0',
    '--input',
    'keyed.csv',
    '--exclude',
    'id,target',
    '--output',
    'out.csv',
    '--keep',
    '--key',
    'id',
  ],
  ['feedback', 'digits@1.1.0', '--labels', 'keyed.csv', '--key', 'id', '--label', 'target'],
  ['profile', data, '--model', 'digits@1.1.0'],
  ['drift', 'digits@1.1.0', '--reference', data, '--live', data, '--target', 'target', '--save'],
  ['evaluate', 'digits@1.0.0', '--data', data, '--target', 'target', '--slice', 'target', '--save'],
  ['monitor', 'digits'],
  ['compare', 'digits@1.0.0', 'digits@1.1.0', '--data', data, '--target', 'target'],
  ['serve', 'digits@1.1.0', '--check'],
  ['serve', 'selftest', 'digits@1.1.0'],
  ['golden', 'add', 'digits@1.1.0', fixture('digits_mlp_v2/golden.json'), '-m', hostile],
  ['pull', 'digits@1.0.0', '-o', 'pulled'],
  ['export', 'digits@1.0.0', '-o', 'one.tar'],
  ['import', 'digits.tar'],
  ['verify'],
  ['gc'],
  ['backup', 'backup'],
  ['tag', 'digits@1.0.0', `mood=${hostile}`],
  ['describe', 'digits@1.0.0', hostile],
  ['describe', 'digits', hostile, '--owner', 'vision'],
  ['list', '--limit', '1'],
  ['list', 'digits', '--limit', '1'],
  ['show', 'digits@1.0.0'],
  ['approve', 'digits@1.0.1', '--to', 'production'],
  ['yank', 'digits@1.0.1', '-m', hostile],
  ['list', 'digits'],
  ['list', 'dig*'],
  ['unyank', 'digits@1.0.1'],
  ['demote', 'digits', '--stage', 'production'],
  ['delete', 'digits@1.0.0', '--yes'],
  ['delete', 'digits', '--yes'],
  ['history', 'digits', '--limit', '5'],
  ['stage', 'list'],
  ['schema', 'metadata'],
  ['doctor'],
  ['version'],
  ['completion', 'bash'],
  ['help', 'register'],
  ['help', 'ci'],
  ['show', `digits@${hostile}`],
  ['frobnicate'],
];

const forms: [name: string, env: Record<string, string>][] = [
  ['a pipe', {}],
  ['MLREG_FORMAT=table', { MLREG_FORMAT: 'table' }],
  ['a table with FORCE_COLOR', { MLREG_FORMAT: 'table', FORCE_COLOR: '1', COLUMNS: '30' }],
];

const color = /\u001b\[\d+m/g;
const control = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202e]/;

test('every command is tried in every form', () => {
  const tried = new Set(lines.map(([name]) => name));
  for (const { names } of commandTable) assert.ok(tried.has(names[0]), `${names[0]} has no line here`);
});

for (const [form, env] of forms) {
  test(`${form}: no control code reaches what is no terminal, but colours that were forced`, async (t) => {
    const cwd = tempFolder(t);
    cpSync(origin, cwd, { recursive: true });
    const run = openMain(t, cwd);
    for (const args of lines) {
      const what = `${form}: ${args.join(' ')}`;
      const { code, stdout, stderr } = await run(args, (process) => Object.assign(process.env, env));
      const isWrong = args[0] === 'frobnicate' || args[1]?.includes(hostile) === true;
      assert.equal(code !== 0, isWrong, `${what}: ${stderr}`);
      assert.notEqual(stdout + stderr, '', what);
      const isForced = 'FORCE_COLOR' in env;
      for (const text of [stdout, stderr]) {
        assert.doesNotMatch(isForced ? text.replaceAll(color, '') : text, control, what);
      }
      if (documents.has(args[0] ?? '') || args[1] === 'ci') assert.doesNotMatch(stdout, color, what);
      else assert.equal(isForced, new RegExp(color).test(stdout + stderr), what);
    }
  });
}

/** What these print is a document of its own, whatever form is asked for. */
const noJson = new Set(['schema', 'completion', 'help']);

test('every command says in JSON what its schema has', async (t) => {
  const cwd = tempFolder(t);
  cpSync(origin, cwd, { recursive: true });
  const run = openMain(t, cwd);
  for (const args of lines) {
    const { stdout, stderr } = await run([...args, '--json']);
    if (noJson.has(args[0] ?? '')) continue;
    const printed = stdout === '' ? stderr : stdout;
    // watch prints an object a line.
    for (const text of args[0] === 'watch' ? printed.trimEnd().split('\n') : [printed])
      assertDocumented(JSON.parse(text));
  }
});

test.after(async () => {
  for (const action of pending.toReversed()) await action();
});
