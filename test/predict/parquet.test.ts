import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { collectPredictions } from '../../src/predict/collect.ts';
import { predict, type PredictInput } from '../../src/predict/predict.ts';
import type { Registry } from '../../src/registry/registry.ts';
import { readBack, writeParquet } from '../support/parquet-files.ts';
import { predictInput } from '../support/predicted.ts';
import { failsWith, fixture, tempFolder } from '../support/temp-folder.ts';
import { add, ref, tempRegistry } from '../support/temp-registry.ts';

/** Predicts what a SELECT gives as Parquet. */
async function predictSelect(
  t: TestContext,
  registry: Registry,
  model: string,
  select: string,
  {
    write = '',
    reject = false,
    ...rest
  }: Partial<Omit<PredictInput, 'reject'>> & { write?: string; reject?: boolean } = {},
) {
  const folder = tempFolder(t);
  const paths = { input: join(folder, 'in.parquet'), output: join(folder, 'out.parquet') };
  const rejects = join(folder, 'rejects.csv');
  await writeParquet(paths.input, select, write);
  const given = predictInput(model, paths, {
    workers: undefined,
    ...rest,
    ...(reject ? { reject: rejects } : {}),
  });
  const result = await predict(registry, given);
  return {
    ...paths,
    result,
    ...(await readBack(paths.output)),
    rejects: reject ? readFileSync(rejects, 'utf8') : '',
  };
}

interface Value {
  dtype: string;
  shape: number[];
  data: (number | string | boolean)[];
}

const sqlTypes: Record<string, string> = { float32: 'FLOAT', int64: 'BIGINT', string: 'VARCHAR' };

/** Golden inputs as a SELECT: a column for each value of a row. */
function toSelect(inputs: Record<string, Value>): string {
  const rows = Object.values(inputs)[0]!.shape[0]!;
  const columns = Object.entries(inputs).flatMap(([name, { data, dtype }]) => {
    const width = data.length / rows;
    return Array.from({ length: width }, (_, at) => ({
      name: width === 1 ? name : `${name}_${at}`,
      cells: Array.from({ length: rows }, (__, row) => `'${data[row * width + at]}'::${sqlTypes[dtype]}`),
    }));
  });
  const lines = Array.from(
    { length: rows },
    (_, row) => `(${columns.map(({ cells }) => cells[row]).join(', ')})`,
  );
  return `SELECT * FROM (VALUES ${lines.join(', ')}) AS v(${columns.map(({ name }) => `"${name}"`).join(', ')})`;
}

for (const name of ['digits_conv_external', 'cars_mixed_inputs']) {
  test(`${name} gives its golden outputs beside the rows of a Parquet file`, async (t) => {
    const registry = await tempRegistry(t);
    await add(registry, 'model', fixture(name === 'digits_conv_external' ? name : `${name}/model.onnx`));
    const { cases } = JSON.parse(readFileSync(fixture(`${name}/golden.json`), 'utf8')) as {
      cases: { inputs: Record<string, Value>; outputs: Record<string, Value> }[];
    };
    for (const { inputs, outputs } of cases) {
      const { rows, result } = await predictSelect(t, registry, 'model', toSelect(inputs));
      assert.equal(result.rows, rows.length);
      for (const [output, { dtype, shape, data }] of Object.entries(outputs)) {
        const wide = data.length / shape[0]!;
        for (const [at, value] of data.entries()) {
          const row = rows[Math.floor(at / wide)]!;
          const column = wide === 1 ? output : `${output}_${at % wide}`;
          // The name of an input that an output has, too.
          const given = row[`${column}_pred`] ?? row[column];
          if (dtype.startsWith('float'))
            assert.ok(
              Math.abs(Number(given) - Number(value)) <= 1e-6 * Math.max(1, Math.abs(Number(value))),
              column,
            );
          else assert.equal(String(given), String(value), column);
        }
      }
    }
  });
}

const pixels = Array.from({ length: 64 }, (_, at) => `((range * 7 + ${at}) % 17)::FLOAT AS p${at}`).join(
  ', ',
);

test('many rows stay in order, and equal those of CSV', async (t) => {
  const registry = await tempRegistry(t);
  await add(registry, 'digits', fixture('digits_mlp/model.onnx'));
  const select = `SELECT 'row ' || range AS id, ${pixels} FROM range(10000)`;
  const { rows, columns, result, input, output } = await predictSelect(t, registry, 'digits', select);
  assert.equal(rows.length, 10_000);
  assert.deepEqual(
    [columns[0], columns[65], columns[66], columns.at(-1)],
    ['id', 'label', 'probabilities_0', 'probabilities_9'],
  );
  assert.equal(
    result.input.digest,
    `sha256:${createHash('sha256').update(readFileSync(input)).digest('hex')}`,
  );
  const [before, after] = [readFileSync(input), readFileSync(output)];
  const rowBytes = before.length - 8 - before.readUInt32LE(before.length - 8);
  assert.ok(after.subarray(0, rowBytes).equals(before.subarray(0, rowBytes)), 'other bytes');
  const names = columns.slice(0, 65);
  const csv = [
    names.join(','),
    ...rows.map((row) => names.map((name) => String(row[name])).join(',')),
    '',
  ].join('\n');
  const folder = tempFolder(t);
  writeFileSync(join(folder, 'in.csv'), csv);
  await predict(
    registry,
    predictInput('digits', { input: join(folder, 'in.csv'), output: join(folder, 'out.csv') }),
  );
  const lines = readFileSync(join(folder, 'out.csv'), 'utf8').trimEnd().split('\n').slice(1);
  for (const [at, line] of lines.entries()) {
    const cells = line.split(',');
    const row = rows[at]!;
    assert.equal(cells[0], `row ${at}`);
    assert.equal(cells[65], String(row['label']));
    for (let index = 0; index < 10; index++)
      assert.ok(Math.abs(Number(cells[66 + index]) - (row[`probabilities_${index}`] as number)) < 1e-6);
  }
});

test('a batch of any size gives the same rows', async (t) => {
  const registry = await tempRegistry(t);
  await add(registry, 'digits', fixture('digits_mlp/model.onnx'));
  const select = `SELECT ${pixels} FROM range(3000)`;
  const labels = async (batch: number) => {
    const { rows, result } = await predictSelect(t, registry, 'digits', select, { batch });
    assert.deepEqual([result.batch, result.rows], [batch, 3000]);
    return rows.map(({ label }) => label);
  };
  const wanted = await labels(100_000);
  assert.deepEqual(await labels(7), wanted);
  assert.deepEqual(await labels(2048), wanted);
});

test('bad rows end the run, or are set aside with their row, column and reason', async (t) => {
  const registry = await tempRegistry(t);
  await add(registry, 'cars', fixture('cars_mixed_inputs/model.onnx'));
  const select = `SELECT range AS id, CASE WHEN range = 2500 THEN NULL ELSE 'USA' END AS origin,
    CASE WHEN range = 3 THEN 4.5 ELSE 4 END::DOUBLE AS cylinders,
    CASE WHEN range = 4000 THEN 'nan'::DOUBLE WHEN range = 4001 THEN 1e300 ELSE 100 END AS horsepower,
    2000::SMALLINT AS weight FROM range(5000)`;
  await assert.rejects(
    predictSelect(t, registry, 'cars', select),
    failsWith('INVALID_INPUT', /in\.parquet, row 4, column "cylinders": "4.5" is not an integer$/),
  );
  const { rows, rejects, result } = await predictSelect(t, registry, 'cars', select, { reject: true });
  assert.equal(
    rejects,
    [
      'row,column,reason',
      '4,cylinders,"""4.5"" is not an integer"',
      '2501,origin,missing',
      '4001,horsepower,missing (NaN)',
      '4002,horsepower,"""1e+300"" is out of range for float32"',
      '',
    ].join('\n'),
  );
  assert.deepEqual([result.rows, result.rejected, rows.length], [4996, 4, 4996]);
  const ids = rows.map(({ id }) => Number(id));
  assert.deepEqual(
    ids,
    Array.from({ length: 5000 }, (_, at) => at).filter((at) => ![3, 2500, 4000, 4001].includes(at)),
  );
  assert.ok(rows.every(({ origin_out: origin }) => origin === 'USA'));
  await assert.rejects(
    predictSelect(t, registry, 'cars', select, { reject: true, maxRejects: { count: 3 } }),
    failsWith('GATE_FAILED', /more than --max-rejects 3/),
  );
  const passed = await predictSelect(t, registry, 'cars', select, { reject: true, onMissing: 'nan' });
  assert.equal(passed.result.rejected, 3);
});

test('a column of another kind than the input is refused before anything is written', async (t) => {
  const registry = await tempRegistry(t);
  await add(registry, 'cars', fixture('cars_mixed_inputs/model.onnx'));
  const select = `SELECT 'USA' AS origin, '4' AS cylinders, 100 AS horsepower, 2000 AS weight`;
  await assert.rejects(
    predictSelect(t, registry, 'cars', select),
    failsWith('INVALID_INPUT', /column "cylinders" is VARCHAR, but input "cylinders" takes int64/),
  );
  await assert.rejects(
    predictSelect(t, registry, 'cars', `SELECT 1.5 AS origin, 4 AS cylinders, 1 AS horsepower, 1 AS weight`),
    failsWith('INVALID_INPUT', /column "origin" is DECIMAL\(2,1\), but input "origin" takes string/),
  );
});

test('without rows the output has the columns of the model all the same', async (t) => {
  const registry = await tempRegistry(t);
  await add(registry, 'digits', fixture('digits_mlp/model.onnx'));
  const empty = await predictSelect(t, registry, 'digits', `SELECT ${pixels} FROM range(0)`);
  assert.deepEqual([empty.rows, empty.columns.length, empty.types['label']], [[], 75, 'INT64 INT_64']);
  const bad = await predictSelect(
    t,
    registry,
    'digits',
    `SELECT ${pixels.replace('(range * 7', '(NULL * 7')} FROM range(9)`,
    {
      reject: true,
    },
  );
  assert.deepEqual([bad.rows, bad.result.rejected, bad.columns], [[], 9, empty.columns]);
});

test('columns are chosen, and a clash of names is resolved as for CSV', async (t) => {
  const registry = await tempRegistry(t);
  await add(registry, 'digits', fixture('digits_mlp/model.onnx'));
  const select = `SELECT 5::TINYINT AS label, ${pixels}, {'a': [1]} AS nested FROM range(3)`;
  const { rows, types } = await predictSelect(t, registry, 'digits', select, {
    exclude: ['label'],
    select: ['nested', 'label', 'label_pred'],
  });
  assert.deepEqual(Object.keys(rows[0]!), ['nested', 'label', 'label_pred']);
  assert.deepEqual([rows[0]!['nested'], rows[0]!['label']], [{ a: [1] }, 5]);
  assert.match(types['label']!, /^INT32/);
  await assert.rejects(
    predictSelect(t, registry, 'digits', `SELECT ${pixels}, 1 AS "LABEL" FROM range(3)`, {
      exclude: ['LABEL'],
    }),
    failsWith('INVALID_INPUT', /"LABEL" and "label" differ only in case/),
  );
});

test('damage inside a Parquet file leaves nothing behind', async (t) => {
  const registry = await tempRegistry(t);
  await add(registry, 'digits', fixture('digits_mlp/model.onnx'));
  const folder = tempFolder(t);
  const [input, output] = [join(folder, 'in.parquet'), join(folder, 'out.parquet')];
  await writeParquet(input, `SELECT ${pixels}, md5(range::VARCHAR) AS text FROM range(20000)`);
  const bytes = readFileSync(input);
  bytes.fill(0x55, bytes.length >> 1, (bytes.length >> 1) + 20_000);
  writeFileSync(input, bytes);
  await assert.rejects(
    predict(registry, predictInput('digits', { input, output })),
    failsWith('INVALID_INPUT', /in\.parquet is damaged or no Parquet file/),
  );
  truncateSync(input, bytes.length - 20);
  await assert.rejects(
    predict(registry, predictInput('digits', { input, output })),
    failsWith('INVALID_INPUT', /in\.parquet is damaged or no Parquet file/),
  );
  assert.deepEqual(readdirSync(folder), ['in.parquet']);
});

test('what is no Parquet file, no file, or a URL opens nothing else', async (t) => {
  const registry = await tempRegistry(t);
  await add(registry, 'digits', fixture('digits_mlp/model.onnx'));
  const folder = tempFolder(t);
  await writeParquet(join(folder, 'data1.parquet'), `SELECT ${pixels} FROM range(5)`);
  writeFileSync(join(folder, 'text.parquet'), 'a,b\n1,2\n');
  const output = join(folder, 'out.parquet');
  const run = (input: string) => predict(registry, predictInput('digits', { input, output }));
  await assert.rejects(run(join(folder, 'text.parquet')), failsWith('INVALID_INPUT', /is not parquet/));
  for (const name of ['data[1].parquet', 'data*.parquet', 'data?.parquet'])
    await assert.rejects(run(join(folder, name)), failsWith('NOT_FOUND'));
  for (const url of ['http://127.0.0.1:9/a.parquet', 's3://bucket/a.parquet', 'hf://datasets/a.parquet'])
    await assert.rejects(run(url), failsWith('NOT_FOUND'));
  await writeParquet(join(folder, 'data[1].parquet'), `SELECT ${pixels} FROM range(7)`);
  assert.equal((await run(join(folder, 'data[1].parquet'))).rows, 7);
  assert.ok(existsSync(output));
});

test('predictions of a Parquet file are collected with the text of columns', async (t) => {
  const registry = await tempRegistry(t);
  await add(registry, 'digits', fixture('digits_mlp/model.onnx'));
  const input = join(tempFolder(t), 'in.parquet');
  await writeParquet(
    input,
    `SELECT ${pixels.replace('((range * 7', '((nullif(range, 5) * 7')}, range % 10 AS target, ['red', 'blue'][range % 2 + 1] AS color, 0.1::FLOAT AS single,
     nullif(range, 7) AS sometimes, DATE '2020-01-01' AS day, 1.50::DECIMAL(5,2) AS price FROM range(40000)`,
  );
  const cells = ['target', 'color', 'single', 'sometimes', 'day', 'price'].map((column) => ({
    column,
    flag: '--slice',
  }));
  const collected = await collectPredictions(registry, {
    ref: ref('digits'),
    table: { path: input, kindFlag: '--input-format' },
    exclude: ['target', 'single', 'sometimes', 'price'],
    cells,
    onMissing: 'nan',
  });
  assert.deepEqual([collected.rows, collected.rejected], [40_000, 0]);
  const textAt = (column: string, row: number) => {
    const { codes, values } = collected.cells.get(column)!;
    return values[codes[row]!];
  };
  assert.deepEqual(
    [textAt('target', 39_999), textAt('color', 39_999), textAt('color', 0)],
    ['9', 'blue', 'red'],
  );
  assert.deepEqual(
    [textAt('single', 1), textAt('day', 1), textAt('price', 1)],
    ['0.1', '2020-01-01', '1.50'],
  );
  assert.deepEqual(
    [textAt('sometimes', 6), textAt('sometimes', 7), textAt('sometimes', 30_000)],
    ['6', '', '30000'],
  );
  assert.deepEqual(
    collected.outputs.map(({ name, dtype, width, data }) => [name, dtype, width, data.length]),
    [
      ['label', 'int64', 1, 40_000],
      ['probabilities', 'float32', 10, 400_000],
    ],
  );
});
