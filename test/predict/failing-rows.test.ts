import assert from 'node:assert/strict';
import { closeSync, openSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { collectPredictions } from '../../src/predict/collect.ts';
import { predict } from '../../src/predict/predict.ts';
import { constant, graph, model, node, type Shape, tensor } from '../support/onnx-writer.ts';
import { readBack, writeParquet } from '../support/parquet-files.ts';
import { cellsOf, predictInput, predictText, tablePaths } from '../support/predicted.ts';
import { failsWith, tempFolder } from '../support/temp-folder.ts';
import { add, ref, tempRegistry, type TempRegistry } from '../support/temp-registry.ts';

/** Looks each index up in a list of ten numbers, and fails on others. */
async function lookUp(t: TestContext, shape: Shape = ['n']): Promise<TempRegistry> {
  const registry = await tempRegistry(t);
  const file = join(tempFolder(t), 'model.onnx');
  const table = constant('float32', [10], [10, 11, 12, 13, 14, 15, 16, 17, 18, 19], 'table');
  const bytes = model({
    graph: graph({
      inputs: [tensor('x', 'int64', shape)],
      outputs: [tensor('y', 'float32', shape)],
      initializers: [table],
      nodes: [node('Gather', ['table', 'x'], ['y'])],
    }),
  });
  writeFileSync(file, bytes);
  await add(registry, 'lookup', file);
  return registry;
}

/** Rows of which those at some places fail. */
function rowsWith(count: number, bad: readonly number[]): string[] {
  return Array.from({ length: count }, (_, row) => (bad.includes(row) ? '99' : String(row % 10)));
}

const expectedOf = (rows: readonly string[]): string[][] =>
  rows.filter((cell) => cell !== '99').map((cell) => [cell, String(Number(cell) + 10)]);

const reason = /^the model failed: Gather: .*idx=99/;

for (const [what, batch, bad] of [
  ['one in the middle', 1024, [500]],
  ['the first and the last', 1024, [0, 2999]],
  ['many neighbours', 64, Array.from({ length: 300 }, (_, at) => 1000 + at)],
  ['at batches of one', 1, [0, 3, 4]],
] as const)
  test(`rows that the model fails on are rejected, the others predicted: ${what}`, async (t) => {
    const registry = await lookUp(t);
    const rows = rowsWith(3000, bad);
    const table = `x\n${rows.join('\n')}\n`;
    const { output, rejects, result } = await predictText(t, registry, 'lookup', table, {
      batch,
      reject: true,
    });
    assert.deepEqual(cellsOf(output).slice(1), expectedOf(rows));
    assert.deepEqual([result.rows, result.rejected], [3000 - bad.length, bad.length]);
    const lines = rejects.trimEnd().split('\n').slice(1);
    assert.deepEqual(
      lines.map((line) => Number(line.split(',')[0])),
      bad.map((row) => row + 2),
    );
    assert.match(lines[0]?.replace(/^\d+,,"?/, '') ?? '', reason);
    assert.match(lines[0] ?? '', /,"99"$/);
  });

test('rows that cannot be read and rows that the model fails on are rejected in their order', async (t) => {
  const registry = await lookUp(t);
  const table = 'id,x\n"a\nb",1\nc,99\n\nd,bad\r\ne,2\nf,77\n';
  const { output, rejects } = await predictText(t, registry, 'lookup', table, { reject: true });
  assert.equal(output.toString(), 'id,x,y\n"a\nb",1,11\ne,2,12\n');
  assert.deepEqual(
    rejects
      .trimEnd()
      .split('\n')
      .slice(1)
      .map((line) => [line.split(',')[0], line.slice(line.lastIndexOf(',"') + 1)]),
    [
      ['4', '"c,99"'],
      ['6', '"d,bad"'],
      ['8', '"f,77"'],
    ],
  );
});

test('in JSON lines, too, and a selection stays beside its row', async (t) => {
  const registry = await lookUp(t);
  const table = '{"k":"a","x":1}\n{"k":"b","x":99} \n{"k":"c","x":2}\n';
  const { output, rejects } = await predictText(t, registry, 'lookup', table, {
    name: 'in.jsonl',
    reject: true,
    select: [{ name: 'k' }, { name: 'y' }],
  });
  assert.equal(output.toString(), '{"k":"a","y":11}\n{"k":"c","y":12}\n');
  assert.match(rejects, /\n2,,.*,"\{""k"":""b"",""x"":99\} "\n$/);
});

test('a model with a fixed batch', async (t) => {
  const registry = await lookUp(t, [4, 1]);
  const rows = rowsWith(10, [1, 9]);
  const { output } = await predictText(t, registry, 'lookup', `x\n${rows.join('\n')}\n`, { reject: true });
  assert.deepEqual(cellsOf(output).slice(1), expectedOf(rows));
});

test('without a file for them, the first one ends the run, and is named', async (t) => {
  const registry = await lookUp(t);
  const paths = tablePaths(t, `x\n${rowsWith(3000, [1700, 1800]).join('\n')}\n`);
  await assert.rejects(
    predict(registry, predictInput('lookup', paths)),
    failsWith('GATE_FAILED', /in\.csv, line 1702: the model failed: Gather: .*idx=99/),
  );
  assert.deepEqual(readdirSync(paths.folder), ['in.csv']);
});

for (const [what, rows] of [
  [
    'the first batch',
    rowsWith(
      1030,
      Array.from({ length: 1024 }, (_, at) => at),
    ),
  ],
  [
    'the first rows of a large batch',
    rowsWith(
      5000,
      Array.from({ length: 4999 }, (_, at) => at),
    ),
  ],
  ['the only row', ['99']],
  ['all rows that can be read', [...Array.from({ length: 1024 }, () => 'bad'), '99']],
] as const)
  test(`a model that fails on ${what} is to blame, not the rows`, async (t) => {
    const registry = await lookUp(t);
    const paths = tablePaths(t, `x\n${rows.join('\n')}\n`);
    await assert.rejects(
      predict(
        registry,
        predictInput('lookup', paths, { reject: paths.reject, batch: rows.length > 4000 ? 5000 : 1024 }),
      ),
      failsWith(
        'GATE_FAILED',
        /the model (?:predicted none of the \d+ rows|did not predict the only row) that it got; .*in\.csv, line \d+: /,
      ),
    );
    assert.deepEqual(readdirSync(paths.folder), ['in.csv']);
  });

test('a model that only fails on several rows together says how to run it', async (t) => {
  const registry = await tempRegistry(t);
  const file = join(tempFolder(t), 'model.onnx');
  const bytes = model({
    graph: graph({
      inputs: [tensor('x', 'float32', ['n', 2])],
      outputs: [tensor('y', 'float32', ['n', 2])],
      initializers: [constant('int64', [2], [1, 2], 'one')],
      nodes: [node('Reshape', ['x', 'one'], ['y'])],
    }),
  });
  writeFileSync(file, bytes);
  await add(registry, 'single', file);
  const paths = tablePaths(t, 'a,b\n1,2\n3,4\n5,6\n');
  const given = predictInput('single', paths, { reject: paths.reject });
  await assert.rejects(
    predict(registry, given),
    failsWith('GATE_FAILED', /fails on \d rows at a time, but on none of them alone/),
  );
  assert.equal((await predict(registry, { ...given, batch: 1 })).rows, 3);
});

/** 99 stands in for rows that fail; every seventh cannot be read. */
const select = (bad: string): string =>
  `SELECT range AS id, CASE WHEN range % 7 = 3 THEN NULL WHEN ${bad} THEN 99 ELSE range % 10 END AS x FROM range(5000)`;

for (const batch of [undefined, 300])
  test(`rows of Parquet that the model fails on, at ${batch ?? 'all'} rows at a time`, async (t) => {
    const registry = await lookUp(t);
    const folder = tempFolder(t);
    const [input, output, reject] = ['in.parquet', 'out.parquet', 'bad.csv'].map((name) =>
      join(folder, name),
    );
    const paths = { input: input ?? '', output: output ?? '' };
    await writeParquet(paths.input, select('range < 5 OR range BETWEEN 2000 AND 2100'));
    const isBad = (id: number): boolean => id % 7 === 3 || id < 5 || (id >= 2000 && id <= 2100);
    const ids = Array.from({ length: 5000 }, (_, id) => id);
    const given = predictInput('lookup', paths, { batch, exclude: [{ name: 'id' }], workers: undefined });
    await assert.rejects(
      predict(registry, { ...given, onMissing: 'nan' }),
      failsWith('GATE_FAILED', /row 1: /),
    );
    const result = await predict(registry, { ...given, reject, keep: { key: { name: 'id' }, forMs: 1e6 } });
    assert.equal(result.rejected, ids.filter(isBad).length);
    assert.equal(result.kept?.keys, result.rows);
    assert.deepEqual(
      (await readBack(paths.output)).rows.map(({ id, y }) => [Number(id), y]),
      ids.filter((id) => !isBad(id)).map((id) => [id, (id % 10) + 10]),
    );
    const rejects = readFileSync(reject ?? '', 'utf8')
      .trimEnd()
      .split('\n')
      .slice(1);
    assert.deepEqual(
      rejects.map((line) => Number(line.split(',')[0]) - 1),
      ids.filter(isBad),
    );
    assert.match(rejects[0] ?? '', /^1,,.*the model failed: Gather: /);
    assert.match(rejects.at(-1) ?? '', /^\d+,x,missing$/);

    const file = openSync(join(folder, 'collected.csv'), 'w');
    t.after(() => closeSync(file));
    const collected = await collectPredictions(registry, {
      ...given,
      ref: ref('lookup'),
      cells: [{ column: 'id', flag: '--key' }],
      rejects: { descriptor: file, what: 'collected.csv' },
    });
    const { codes = [], values = [] } = collected.cells.get('id') ?? {};
    assert.deepEqual(
      [...codes].map((code) => Number(values[code])),
      ids.filter((id) => !isBad(id)),
    );
  });

test('a model that fails on all rows of Parquet is to blame, not the rows', async (t) => {
  const registry = await lookUp(t);
  const folder = tempFolder(t);
  const paths = { input: join(folder, 'in.parquet'), output: join(folder, 'out.parquet') };
  await writeParquet(paths.input, select('range < 4900'));
  await assert.rejects(
    predict(
      registry,
      predictInput('lookup', paths, { reject: join(folder, 'bad.csv'), exclude: [{ name: 'id' }] }),
    ),
    failsWith('GATE_FAILED', /predicted none of the \d+ rows that it got; .*in\.parquet, row 1: /),
  );
  assert.deepEqual(readdirSync(folder), ['in.parquet']);
});
