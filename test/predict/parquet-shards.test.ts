import assert from 'node:assert/strict';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { collectPredictions } from '../../src/predict/collect.ts';
import { predict, type PredictInput } from '../../src/predict/predict.ts';
import { modelFile } from '../support/bench-model.ts';
import { graph, model, node, tensor } from '../support/onnx-writer.ts';
import { readBack, writeParquet } from '../support/parquet-files.ts';
import { predictInput } from '../support/predicted.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { add, ref, tempRegistry } from '../support/temp-registry.ts';

const double = model({
  graph: graph({
    inputs: [tensor('x', 'float32', ['N'])],
    outputs: [tensor('y', 'float32', ['N'])],
    nodes: [node('Add', ['x', 'x'], ['y'])],
  }),
});

/** A column that has the name of DuckDB's own count of rows, and groups that no part ends with. */
const table = (rows: number, x: string): string =>
  `SELECT 7 AS file_row_number, range AS id, (${x})::DOUBLE AS x, {'a': [range]} AS nested FROM range(${rows})`;

async function written(context: TestContext, select: string) {
  const registry = await tempRegistry(context);
  await add(registry, 'double', modelFile(context, double));
  const folder = tempFolder(context);
  const paths = { input: join(folder, 'in.parquet'), output: join(folder, 'out.parquet') };
  await writeParquet(paths.input, select, ', ROW_GROUP_SIZE 2048');
  const input = predictInput('double', paths, { record: false, workers: undefined });
  const run = (index: number, of: number, rest: Partial<PredictInput> = {}) =>
    predict(registry, {
      ...input,
      output: join(folder, 'part-{shard}.parquet'),
      shard: { index, of },
      ...rest,
    });
  return { registry, folder, input, run, part: (index: number) => join(folder, `part-${index}.parquet`) };
}

test('parts of Parquet have the rows of the whole, and rejected rows its numbers', async (context) => {
  const select = table(9001, `CASE WHEN range < 3500 OR range % 1000 = 1 THEN 1e300 ELSE range / 4 END`);
  const { registry, folder, input, run, part } = await written(context, select);
  const reject = join(folder, 'rejects.csv');
  const whole = await predict(registry, { ...input, reject });
  assert.deepEqual([whole.rows, whole.rejected], [5496, 3505]);
  const { rows, columns, types } = await readBack(input.output ?? '');
  const rejects = (path: string) => readFileSync(path, 'utf8').trimEnd().split('\n').slice(1);
  const count = 3;
  const joined: Record<string, unknown>[] = [];
  const aside: string[] = [];
  for (let index = 1; index <= count; index++) {
    const result = await run(index, count, { reject: join(folder, 'bad-{shard}.csv'), force: true });
    assert.deepEqual(
      [result.shard, result.input.digest, result.input.size],
      [`${index}/${count}`, whole.input.digest, whole.input.size],
    );
    const share = Math.floor((9001 * index) / count) - Math.floor((9001 * (index - 1)) / count);
    assert.equal(result.rows + result.rejected, share, 'parts are as large as the others');
    const own = await readBack(part(index));
    // Of three parts, the first has bad rows only.
    assert.deepEqual([own.columns, own.types], [columns, types], `columns of part ${index} of ${count}`);
    joined.push(...own.rows);
    aside.push(...rejects(join(folder, `bad-${index}.csv`)));
  }
  assert.deepEqual(joined, rows, `${count} parts`);
  assert.deepEqual(aside, rejects(reject), `rejected rows of ${count} parts`);
});

test('a table with fewer rows than parts has empty ones', async (context) => {
  const { run, part } = await written(context, table(2, 'range'));
  const ids = [];
  for (const index of [1, 2, 3]) {
    await run(index, 3);
    const { rows, columns } = await readBack(part(index));
    assert.deepEqual(columns, ['file_row_number', 'id', 'x', 'nested', 'y']);
    ids.push(rows.map(({ id, y }) => [Number(id), y]));
  }
  assert.deepEqual(ids, [[], [[0, 0]], [[1, 2]]]);
});

test('a bad row ends only the part that has it, with its number', async (context) => {
  const { run } = await written(context, table(5000, `nullif(range, 4000)`));
  assert.equal((await run(1, 2)).rows, 2500);
  await assert.rejects(run(2, 2), { code: 'INVALID_INPUT', message: /row 4001, column "x": missing/ });
});

test('a part of Parquet is left where nothing changed, and else made again', async (context) => {
  const { run, part, input } = await written(context, table(5000, 'range'));
  const again = async (rest: Partial<PredictInput> = {}) =>
    (await run(2, 3, { resume: true, ...rest })).resumed;
  assert.equal(await again(), false);
  const made = readFileSync(part(2));
  assert.equal(await again(), true);
  assert.equal(await again({ batch: 100 }), false, 'another option');
  assert.equal(await again(), false);
  writeFileSync(part(2), made.subarray(1));
  assert.equal(await again(), false, 'a part that was cut');
  assert.ok(readFileSync(part(2)).equals(made), 'the same bytes');
  rmSync(`${part(2)}.run.json`);
  assert.equal(await again(), false, 'a part that nothing vouches for');
  await writeParquet(input.table.path ?? '', table(5000, 'range + 1'));
  assert.equal(await again(), false, 'another table');
});

test('parts are collected, too', async (context) => {
  const { registry, input } = await written(context, table(5000, 'range'));
  const ids: number[] = [];
  for (const index of [1, 2]) {
    const { cells, rows, outputs } = await collectPredictions(registry, {
      ref: ref('double'),
      table: input.table,
      shard: { index, of: 2 },
      cells: [{ column: 'id', flag: '--target' }],
    });
    const { codes, values } = cells.get('id') ?? { codes: [], values: [] };
    const own = [...codes].map((code) => Number(values[code]));
    assert.equal(own.length, rows);
    assert.deepEqual(
      own.map((id) => 2 * id),
      [...(outputs[0]?.data ?? [])],
    );
    ids.push(...own);
  }
  assert.deepEqual(
    ids,
    Array.from({ length: 5000 }, (_, at) => at),
  );
});
