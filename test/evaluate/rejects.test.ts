import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { compareOnData } from '../../src/evaluate/compare-versions.ts';
import { evaluateVersion, type EvaluateInput } from '../../src/evaluate/evaluate-version.ts';
import { constant, graph, model, node, tensor } from '../support/onnx-writer.ts';
import { writeParquet } from '../support/parquet-files.ts';
import { failsWith, tempFolder } from '../support/temp-folder.ts';
import { add, ref, tempRegistry } from '../support/temp-registry.ts';

/** Two models that know the first 20 and the first 10 numbers: others make them fail. */
async function twoModels(t: TestContext) {
  const registry = await tempRegistry(t);
  for (const [name, known, off] of [
    ['large', 20, 0],
    ['small', 10, 0.5],
  ] as const) {
    const values = Array.from({ length: known }, (_, at) => at + off);
    const bytes = model({
      graph: graph({
        inputs: [tensor('x', 'int64', ['n'])],
        outputs: [tensor('y', 'float32', ['n'])],
        initializers: [constant('float32', [known], values, 'values')],
        nodes: [node('Gather', ['values', 'x'], ['y'])],
      }),
    });
    const file = join(tempFolder(t), 'model.onnx');
    writeFileSync(file, bytes);
    await add(registry, name, file);
  }
  return registry;
}

type Ways = Omit<EvaluateInput, 'ref' | 'slices' | 'importance' | 'save'>;

function options(path: string, rest: Partial<Ways> = {}): Ways {
  return {
    table: { path, kindFlag: '--input-format' },
    target: 'right',
    task: 'regression',
    named: {},
    classes: null,
    positive: null,
    seed: 0,
    ...rest,
  };
}

/** 40 rows: two cannot be read, three fail in the small model only, one in both. */
const cellOf = (row: number): string =>
  row === 4 || row === 30 ? 'bad' : row === 7 ? '99' : [3, 8, 39].includes(row) ? '15' : String(row % 10);
const table = `x,right\n${Array.from({ length: 40 }, (_, row) => `${cellOf(row)},${row % 10}\n`).join('')}`;
const linesOf = (rejects: string): number[] =>
  readFileSync(rejects, 'utf8')
    .trimEnd()
    .split('\n')
    .slice(1)
    .map((line) => Number(line.split(',')[0]));

test('evaluate sets rows aside that cannot be predicted, counts them and says so', async (t) => {
  const registry = await twoModels(t);
  const folder = tempFolder(t);
  const [data, reject] = [join(folder, 'data.csv'), join(folder, 'bad.csv')];
  writeFileSync(data, table);
  const evaluate = (rest: Partial<EvaluateInput>) =>
    evaluateVersion(registry, {
      ...options(data),
      ref: ref('large'),
      slices: [],
      importance: false,
      save: null,
      ...rest,
    });
  await assert.rejects(evaluate({}), failsWith('INVALID_INPUT', /line 6, column "x": "bad"/));
  await assert.rejects(evaluate({ maxRejects: { count: 1 } }), failsWith('USAGE', /--max-rejects needs/));
  const result = await evaluate({ reject, importance: true });
  assert.deepEqual(linesOf(reject), [6, 9, 32]);
  const { rejected, rows } = result.data;
  assert.deepEqual([rejected, rows, result.rows, result.rejects], [3, 40, 37, reject]);
  assert.equal(result.importance?.rows, 37);
  await assert.rejects(evaluate({ reject }), failsWith('CONFLICT', /already exists/));
  await assert.rejects(
    evaluate({ reject, force: true, maxRejects: { percent: 1 }, save: { as: null, asOf: null } }),
    failsWith('GATE_FAILED', /3 of 40 rows were rejected/),
  );
  assert.deepEqual(linesOf(reject), [6, 9, 32], 'says why');
  await assert.rejects(evaluate({ reject: data, force: true }), failsWith('USAGE', /same file/));
});

for (const kind of ['csv', 'jsonl', 'parquet'])
  test(`compare takes the rows that both versions take: ${kind}`, async (t) => {
    const registry = await twoModels(t);
    const folder = tempFolder(t);
    const [data, reject] = [join(folder, `data.${kind}`), join(folder, 'bad.csv')];
    const text = (row: number): string => cellOf(row).replace('bad', 'null');
    if (kind === 'csv') writeFileSync(data, table);
    else if (kind === 'jsonl')
      writeFileSync(
        data,
        table
          .trimEnd()
          .split('\n')
          .slice(1)
          .map((_, row) => `{"x":${text(row)},"right":${row % 10}}\n`)
          .join(''),
      );
    else {
      const rows = Array.from({ length: 40 }, (_, row) => `(${text(row)}, ${row % 10})`);
      await writeParquet(data, `SELECT * FROM (VALUES ${rows.join(', ')}) AS t(x, "right")`);
    }
    const compare = (rest: Partial<Ways> & { reject?: string; maxRejects?: { count: number } }) =>
      compareOnData(registry, {
        ...options(data),
        baseline: ref('large'),
        candidate: ref('small'),
        save: false,
        ...rest,
      });
    await assert.rejects(compare({ reject, maxRejects: { count: 5 } }), failsWith('GATE_FAILED', /rejected/));
    const result = await compare({ reject: `${reject}.2` });
    const shift = kind === 'csv' ? 2 : 1;
    assert.deepEqual(
      linesOf(`${reject}.2`),
      [4, 7, 30, 3, 8, 39].map((row) => row + shift),
      'each once; those that only the second rejects follow',
    );
    assert.deepEqual([result.data.rows, result.data.rejected, result.rows], [40, 6, 34]);
    const rmse = result.metrics.find(({ name }) => name === 'rmse');
    assert.deepEqual([rmse?.baseline, rmse?.candidate], [0, 0.5], 'rows stay side by side');
    assert.equal(existsSync(`${reject}.2`), true);
  });
