import assert from 'node:assert/strict';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { predict } from '../../src/predict/predict.ts';
import { history } from '../../src/registry/inspect/history.ts';
import { localFolder } from '../../src/registry/registry.ts';
import { writeParquet } from '../support/parquet-files.ts';
import { predictInput, predictText, tablePaths } from '../support/predicted.ts';
import { fixture, tempFolder, type Cleanup } from '../support/temp-folder.ts';
import { add, modelName, tempRegistry, type TempRegistry } from '../support/temp-registry.ts';

async function registered(context: Cleanup): Promise<TempRegistry> {
  const registry = await tempRegistry(context);
  await add(registry, 'iris', fixture('iris_zipmap/model.onnx'));
  return registry;
}

async function found(registry: TempRegistry, keys: string[], model = 'iris') {
  const all = [];
  const store = await localFolder(registry, 'this test').predictions();
  for await (const { predictions } of store.find({ model: modelName(model), keys })) all.push(...predictions);
  return all;
}

const table = [
  'id,a,b,c,d',
  'k1,6.3,3.4,5.6,2.4',
  '"k,2",5.1,3.4,1.5,0.2',
  ',5.1,3.4,1.5,0.2',
  'k1,5.1,3.8,1.9,0.4',
  '',
].join('\n');

test('key, class and probability of each row are kept, and odd keys are told', async (context) => {
  const registry = await registered(context);
  const { result } = await predictText(context, registry, 'iris', table, {
    exclude: ['id'],
    keep: { key: 'id', forMs: 1000 },
  });
  assert.deepEqual(result.kept, {
    key: 'id',
    keys: 2,
    duplicates: 1,
    missing: 1,
    until: registry.clock.at + 1000,
  });
  assert.deepEqual(result.warnings, [
    '1 row without a key in id: not kept',
    '1 row with a key in id that comes again: the last one is kept',
  ]);
  const [one, two, ...others] = await found(registry, ['k1', 'k,2', '']);
  assert.deepEqual([one?.prediction, two?.prediction, others.length], ['0', '0', 0]);
  assert.ok(one?.score !== null && one !== undefined && one.score > 0.9 && one.score < 1);
  const [event] = (await history(registry, { limit: 1 })).events;
  assert.deepEqual([event?.seq, event?.details['kept']], [result.event, 2]);
});

test('a run that fails keeps and records nothing', async (context) => {
  const registry = await registered(context);
  const paths = tablePaths(context, `${table}k3,5.1,3.8,1.9,none\n`);
  const input = predictInput('iris', paths, { exclude: ['id'], keep: { key: 'id' } });
  await assert.rejects(predict(registry, input), { code: 'INVALID_INPUT', message: /line 6, column "d"/ });
  writeFileSync(paths.output, 'mine');
  await assert.rejects(predict(registry, input), { code: 'CONFLICT' });
  await assert.rejects(predict(registry, { ...input, keep: { key: 'none' }, force: true }), {
    message: /--key: no column is named "none"/,
  });
  assert.deepEqual(readdirSync(join(registry.home, 'tmp')), []);
  assert.deepEqual(await found(registry, ['k1']), []);
  assert.equal((await history(registry, { limit: 9, actions: ['predict'] })).events.length, 0);
});

test('a model of numbers keeps its first output, as it is written', async (context) => {
  const registry = await tempRegistry(context);
  await add(registry, 'cars', fixture('cars_mixed_inputs/model.onnx'));
  const text = 'key,origin,cylinders,horsepower,weight\nx,USA,4,75.0,2125\n';
  const { output } = await predictText(context, registry, 'cars', text, { keep: { key: '1' } });
  const mpg = output.toString().split('\n')[1]?.split(',')[5];
  assert.deepEqual(await found(registry, ['x'], 'cars'), [{ key: 'x', prediction: mpg, score: null }]);
});

test('a run is recorded unless nobody wants that', async (context) => {
  const registry = await registered(context);
  const { result } = await predictText(context, registry, 'iris', table, { exclude: ['id'], record: false });
  assert.equal(result.event, null);
  const recorded = await predictText(context, registry, 'iris', table, { exclude: ['id'] });
  const [event] = (await history(registry, { limit: 1 })).events;
  assert.deepEqual(
    [event?.seq, event?.action, event?.details['rows'], event?.details['data']],
    [recorded.result.event, 'predict', 4, recorded.result.input.digest],
  );
});

test('probabilities behind a ZipMap are columns, named after their classes', async (context) => {
  const registry = await registered(context);
  const { result, output } = await predictText(context, registry, 'iris', table, { exclude: ['id'] });
  assert.deepEqual(result.columns, ['label', 'probabilities_0', 'probabilities_1', 'probabilities_2']);
  const row = output.toString().split('\n')[1]?.split(',').slice(5).map(Number) ?? [];
  assert.equal(row[0], 2);
  assert.ok(Math.abs((row[1] ?? 0) + (row[2] ?? 0) + (row[3] ?? 0) - 1) < 1e-6);
});

test('what is kept of a Parquet table is what is kept of the same in CSV', async (context) => {
  const registry = await registered(context);
  const folder = tempFolder(context);
  const paths = { input: join(folder, 'in.parquet'), output: join(folder, 'out.parquet') };
  const count = 40_000;
  // Keys that are missing, that come again, and of a row that is rejected.
  const key = 'CASE WHEN range = 5 THEN NULL WHEN range = 39999 THEN 7 ELSE range END';
  const select = `SELECT (${key})::BIGINT AS id, (4 + range % 40 / 10)::FLOAT AS a, 3.0::FLOAT AS b,
    CASE WHEN range = 2100 THEN NULL ELSE 1 + range % 6 END::FLOAT AS c, (range % 3)::FLOAT AS d
    FROM range(${count})`;
  await writeParquet(paths.input, select);
  const options = { exclude: ['id'], keep: { key: 'id' } };
  const reject = join(folder, 'rejects.csv');
  const result = await predict(
    registry,
    predictInput('iris', paths, { ...options, reject, workers: undefined }),
  );
  assert.deepEqual(
    [result.rows, result.rejected, result.kept?.keys, result.kept?.duplicates, result.kept?.missing],
    [count - 1, 1, count - 3, 1, 1],
  );
  const keys = ['0', '7', '2099', '2100', '2101', '20000', '39998'];
  const kept = await found(registry, keys);
  assert.deepEqual(kept.map((one) => one.key).toSorted(), keys.filter((one) => one !== '2100').toSorted());

  const csv = await tempRegistry(context);
  await add(csv, 'iris', fixture('iris_zipmap/model.onnx'));
  const cells = (row: number): string => `${4 + (row % 40) / 10},3,${1 + (row % 6)},${row % 3}`;
  const rows = keys
    .filter((one) => one !== '2100')
    .map((one) => `${one},${cells(one === '7' ? 39_999 : +one)}\n`);
  await predictText(context, csv, 'iris', `id,a,b,c,d\n${rows.join('')}`, options);
  const byKey = (all: typeof kept) => new Map(all.map((one) => [one.key, one]));
  assert.deepEqual(byKey(kept), byKey(await found(csv, keys)));
});

test('a run of Parquet that fails at its end keeps nothing', async (context) => {
  const registry = await registered(context);
  const folder = tempFolder(context);
  const paths = { input: join(folder, 'in.parquet'), output: join(folder, 'out.parquet') };
  await writeParquet(
    paths.input,
    'SELECT range AS id, 1.0 AS a, 1.0 AS b, 1.0 AS c, nullif(range, 39999) AS d FROM range(40000)',
  );
  const input = predictInput('iris', paths, { exclude: ['id'], workers: undefined });
  const fails = (column: string, message: RegExp) =>
    assert.rejects(predict(registry, { ...input, keep: { key: column } }), {
      code: 'INVALID_INPUT',
      message,
    });
  await fails('id', /row 40000, column "d": missing/);
  await fails('none', /--key: no column is named "none"/);
  assert.deepEqual(await found(registry, ['0', '1']), []);
  assert.deepEqual(readdirSync(join(registry.home, 'tmp')), []);
  assert.deepEqual(readdirSync(folder), ['in.parquet']);
});
