import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { model, preparedShell } from '../support/run-cli.ts';
import { fixture } from '../support/temp-folder.ts';

/**
 * Three versions with an accuracy, each made from the one before; the second is in production, the
 * first was.
 */
const family = preparedShell(async (shell) => {
  const accuracy = ['0.95', '0.97', '0.96'];
  for (const [index, name] of ['digits_mlp', 'digits_mlp_retrained', 'digits_mlp_v2'].entries()) {
    const parent = index === 0 ? [] : ['--parent', 'digits@latest'];
    const metric = ['--metric', `accuracy=${accuracy[index]}`];
    const { ref } = await shell.json('register', 'digits', model(name), ...metric, ...parent, '--no-git');
    if (index < 2) await shell.json('promote', ref, '--to', 'production');
  }
});

test('trend draws a metric over versions and marks who held the stage', async (t) => {
  const shell = await family(t);
  const { json } = await shell.run('trend', 'digits', '--json');
  const { metric, direction, stage, points, more } = json as unknown as {
    metric: string;
    direction: string;
    stage: string;
    points: { version: string; value: number; held: string | null }[];
    more: boolean;
  };
  assert.deepEqual([metric, direction, stage, more], ['accuracy', 'higher', 'production', false]);
  assert.deepEqual(
    points.map(({ version, value, held }) => [version, value, held]),
    [
      ['1.0.0', 0.95, 'before'],
      ['1.0.1', 0.97, 'now'],
      ['1.1.0', 0.96, null],
    ],
  );
  const rows = (await shell.run('trend', 'digits', '--limit', '1')).stdout.split('\t');
  assert.deepEqual(rows.slice(0, 2), ['1.1.0', '0.96']);
  const error = await shell.fails(2, 'trend', 'digits', '--metric', 'rmse');
  assert.match(`${error.message} ${error.hint}`, /no version of digits has the metric "rmse".*"accuracy"/);
  await shell.fails(3, 'trend', 'nobody');
  await shell.fails(3, 'trend', 'digits', '--stage', 'nowhere');
});

test('lineage follows parents in both directions, and says what became of them', async (t) => {
  const shell = await family(t);
  await shell.json('yank', 'digits@1.1.0', '-m', 'unfit');
  const { json } = await shell.run('lineage', 'digits@1.0.1', '--json');
  const relative = (ref: string, status: string): object => ({
    ref,
    status,
    stages: [],
    relatives: [],
    repeated: false,
  });
  assert.deepEqual(json.parents, [relative('digits@1.0.0', 'live')]);
  assert.deepEqual(json.children, [relative('digits@1.1.0', 'yanked')]);
  assert.deepEqual(json.stages, ['production']);
  const { stdout } = await shell.run('lineage', 'digits@1.0.0');
  assert.equal(
    stdout,
    'self\tdigits@1.0.0\t0\t\t\nchild\tdigits@1.0.1\t1\t\tproduction\nchild\tdigits@1.1.0\t2\tyanked\t\n',
  );
  // What was made of a deleted version was still made of those before it.
  await shell.json('demote', 'digits', '--stage', 'production');
  await shell.json('delete', 'digits@1.0.1', '--yes');
  assert.equal(
    (await shell.run('lineage', 'digits@1.0.0')).stdout,
    'self\tdigits@1.0.0\t0\t\t\nchild\tdigits@1.0.1\t1\tdeleted\t\nchild\tdigits@1.1.0\t2\tyanked\t\n',
  );
});

test('a card is Markdown, in which the text of others has no effect', async (t) => {
  const shell = await family(t);
  await shell.json('describe', 'digits@1.0.1', '# Digits\n```\n@everyone <script>\n');
  const { stdout } = await shell.run('card', 'digits@production');
  assert.match(stdout, /^# `digits` 1\.0\.1\n\n````text\n# Digits\n```\n@everyone <script>\n/);
  for (const part of [
    /\| `accuracy` \| `0\.97` \|/,
    /## Inputs and outputs/,
    /derived from `digits@1\.0\.0`/,
    /`production` since/,
  ])
    assert.match(stdout, part);
  const { stdout: quiet } = await shell.run('card', 'digits@1.0.1', '-o', 'card.md', '-q');
  assert.equal(quiet, `${join(shell.cwd, 'card.md')}\n`);
  assert.equal(readFileSync(join(shell.cwd, 'card.md'), 'utf8'), stdout);
  writeFileSync(join(shell.cwd, 'card.md'), 'mine');
  await shell.fails(4, 'card', 'digits@1.0.1', '-o', 'card.md');
  assert.equal(readFileSync(join(shell.cwd, 'card.md'), 'utf8'), 'mine');
  await shell.fails(3, 'card', 'digits@1.0.1', '-o', 'nowhere/card.md');
});

test('pull names a file, or the folder of several, by a template', async (t) => {
  const shell = await family(t);
  const template = '{name}_v{version}_acc{accuracy}_{stage}{ext}';
  const pulled = await shell.json('pull', 'digits@production', '-o', 'out', '--as', template);
  const path = join(shell.cwd, 'out', 'digits_v1.0.1_acc0.97_production.onnx');
  assert.deepEqual(
    pulled.files.map(({ location }) => location),
    [path],
  );
  assert.deepEqual(readFileSync(path), readFileSync(model('digits_mlp_retrained')));
  assert.equal((await shell.json('pull', 'digits@production', '-o', 'out', '--as', template)).changed, false);

  await shell.json('register', 'conv', fixture('digits_conv_external'), '--entry', 'model.onnx');
  await shell.json('pull', 'conv@1.0.0', '--as', '{name}-{stage}{ext}');
  assert.ok(existsSync(join(shell.cwd, 'conv-none', 'model.onnx')));

  for (const [code, refused] of [
    [2, '../{name}'],
    [2, '{rmse}'],
    [2, '..'],
    [2, ''],
  ] as const)
    await shell.fails(code, 'pull', 'digits@production', '-o', 'other', '--as', refused);
  assert.equal(existsSync(join(shell.cwd, 'other')), false);
});
