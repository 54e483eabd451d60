import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { assertDocumented } from '../support/documented-json.ts';
import { classifier, identity } from '../support/passing-models.ts';
import { openMain } from '../support/run-main.ts';
import { tempFolder } from '../support/temp-folder.ts';

const hostile = '<img src=x onerror=alert(1)>';

test('evaluate shows one result in every form, and writes a report', async (t) => {
  const cwd = tempFolder(t);
  classifier(cwd, 2);
  const rows = Array.from({ length: 40 }, (_, at) => {
    const p = (((at * 7) % 40) + 0.25) / 40;
    const group = at % 3 === 0 ? hostile : 'a|b`c';
    return `${1 - p},${p},${at % 5 === 0 ? 1 - Math.round(p) : Math.round(p)},"${group}"`;
  });
  writeFileSync(join(cwd, 'data.csv'), ['p_0,p_1,target,group', ...rows].join('\n'));
  const run = openMain(t, cwd);
  await run(['init']);
  await run(['register', 'm', join(cwd, 'model.onnx')]);
  const line = ['evaluate', 'm', '--data', 'data.csv', '--target', 'target', '--slice', 'group'];
  const withImportance = [...line, '--importance'];

  const {
    code,
    stdout: json,
    stderr,
  } = await run([...withImportance, '--json', '--html', 'report.html', '--save']);
  assert.equal(code, 0, stderr);
  const result = JSON.parse(json);
  assertDocumented(result);
  assert.equal(result.changed, true);
  assert.equal(result.metrics.accuracy, 0.8);
  assert.equal(result.html, join(cwd, 'report.html'));
  assert.equal(result.slices[0].groups.length, 2);

  const text = (await run([...withImportance, '--format', 'table'])).stdout;
  for (const part of ['evaluated m@1.0.0', 'METRIC', 'CONFUSION', 'ROC', 'CALIBRATION', 'BY GROUP', 'COLUMN'])
    assert.ok(text.includes(part), part);
  assert.match(text, /accuracy +0\.8 /);
  const markdown = (await run([...line, '--markdown'])).stdout;
  assert.match(markdown, /^### `m@1\.0\.0` on 40 rows of `data\.csv`/);
  assert.ok(markdown.includes('`<img src=x onerror=alert(1)>`'), 'only in code');
  const plain = (await run(line)).stdout;
  assert.match(plain, /^metric\taccuracy\t0\.8\t0\.6/m);
  assert.equal((await run([...line, '--quiet'])).stdout, 'm@1.0.0\n');

  const html = readFileSync(join(cwd, 'report.html'), 'utf8');
  assert.ok(html.length < 250_000);
  assert.ok(html.includes('&lt;img src=x onerror=alert(1)&gt;'));
  assert.doesNotMatch(html, /<img|<script|https?:|url\(|@import|<link|style="/);
  const again = await run([...line, '--html', 'report.html']);
  assert.equal(again.code, 4, 'it exists');
  assert.equal((await run([...line, '--html', 'report.html', '--force'])).code, 0);
  assert.match((await run(['show', 'm', '--format', 'table'])).stdout, /EVALUATED +DATA/);
  assert.match(
    (await run(['card', 'm'])).stdout,
    /## Evaluations.*## What it looks at\n\n\| column \|.*`p_1`/s,
  );
  assert.match((await run(['history', 'm'])).stdout, /evaluation, accuracy=0\.8/);
});

test('evaluate and compare refuse flags that say nothing, before anything runs', async (t) => {
  const cwd = tempFolder(t);
  identity(cwd);
  writeFileSync(join(cwd, 'data.csv'), 'x,target\n1,1\n2,3\n');
  const run = openMain(t, cwd);
  await run(['init']);
  await run(['register', 'm', join(cwd, 'model.onnx')]);
  await run(['register', 'm', join(cwd, 'model.onnx'), '--if-exists', 'new']);
  const data = ['--data', 'data.csv', '--target', 'target'];
  const both = ['compare', 'm@1.0.0', 'm@1.0.1'];
  const refused: [args: string[], code: number, message: RegExp][] = [
    [['evaluate', 'm', ...data, '--at', '2026-01-01'], 2, /--at requires --save/],
    [['evaluate', 'm', ...data, '--save', '--as', 'a b'], 2, /invalid --as "a b"/],
    [['evaluate', 'm', ...data, '--save', '--at', 'yesterday'], 2, /invalid time/],
    [['evaluate', 'm', ...data, '--task', 'ranking'], 2, /invalid --task/],
    [['evaluate', 'm', ...data, '--force'], 2, /--force requires --html/],
    [['evaluate', 'm', '--data', 'data.csv'], 2, /--target/],
    [['evaluate', 'm', '--data', 'none.csv', '--target', 'target'], 3, /none\.csv/],
    [['evaluate', 'm', ...data, '--slice', 'colour'], 2, /colour/],
    [['evaluate', 'm', ...data, '--prediction-output', 'z'], 2, /no output "z"/],
    [
      ['evaluate', 'm', ...data, '--prediction-output', 'y', '--label-output', 'y'],
      2,
      /cannot be used together/,
    ],
    [['evaluate', 'm', '--data', '-', '--target', 'target', '--importance'], 2, /reads the table twice/],
    [[...both, '--target', 'target'], 2, /--target requires --data/],
    [[...both, '--save'], 2, /--save requires --data/],
    [[...both, '--batch', '2'], 2, /--batch requires --data/],
    [[...both, '--data', 'data.csv'], 2, /--data requires --target/],
    [[...both, ...data, '--all'], 2, /cannot be used together/],
    [['compare', 'm@1.0.0', ...data], 2, /expected 2 references with --data, got 1/],
    [[...both, 'm', ...data], 2, /expected 2 references with --data, got 3/],
  ];
  for (const [args, code, message] of refused) {
    const { code: got, stderr, stdout } = await run(args);
    assert.deepEqual([got, stdout], [code, ''], `${args.join(' ')}: ${stderr}`);
    assert.match(stderr, message);
    assert.match(stderr, /try:/);
  }
  assert.equal((await run(['history', 'm', '--json'])).stdout.includes('"measure"'), false);
  assert.equal(existsSync(join(cwd, 'report.html')), false);
});

test('compare with data says which version is better, or that it cannot be told', async (t) => {
  const cwd = tempFolder(t);
  const run = openMain(t, cwd);
  await run(['init']);
  identity(cwd);
  const rows = Array.from({ length: 30 }, (_, at) => `${at + (at % 3)},${at}`);
  writeFileSync(join(cwd, 'data.csv'), ['x,target', ...rows].join('\n'));
  await run(['register', 'm', join(cwd, 'model.onnx')]);
  await run(['register', 'm', join(cwd, 'model.onnx'), '--if-exists', 'new']);
  const line = ['compare', 'm@1.0.0', 'm@1.0.1', '--data', 'data.csv', '--target', 'target'];
  const { code, stdout, stderr } = await run([...line, '--save', '--json']);
  assert.equal(code, 0, stderr);
  const result = JSON.parse(stdout);
  assertDocumented(result);
  assert.deepEqual([result.changed, result.task, result.rows], [true, 'regression', 30]);
  assert.equal(result.metrics[0].delta, 0);
  assert.equal(result.metrics[0].better, null);
  const text = (await run([...line, '--format', 'table'])).stdout;
  assert.match(text, /whether m@1\.0\.1 is better than m@1\.0\.0 cannot be told: rmse 0 /);
  assert.match((await run([...line, '--markdown'])).stdout, /^### ❔ `m@1\.0\.1` against `m@1\.0\.0`/);
  assert.match((await run(line)).stdout, /^metric\trmse\t/m);
  const plain = await run(['compare', 'm@1.0.0', 'm@1.0.1', '--json']);
  assertDocumented(JSON.parse(plain.stdout));
});
