import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { findColumns, headerOf } from '../../src/predict/columns/column-choice.ts';
import { cellsOf, predictText } from '../support/predicted.ts';
import { fixture } from '../support/temp-folder.ts';
import { add, tempRegistry } from '../support/temp-registry.ts';

interface Value {
  dtype: string;
  shape: number[];
  data: (number | string | boolean)[];
}

/** Golden inputs as a table: a column for each value of a row. */
function toTable(inputs: Record<string, Value>): string {
  const rows = Object.values(inputs)[0]!.shape[0]!;
  const columns = Object.entries(inputs).flatMap(([name, { data }]) => {
    const width = data.length / rows;
    return Array.from({ length: width }, (_, at) => ({
      name: width === 1 ? name : `${name}_${at}`,
      cells: Array.from({ length: rows }, (__, row) => String(data[row * width + at])),
    }));
  });
  const lines = Array.from({ length: rows }, (_, row) => columns.map(({ cells }) => cells[row]).join(','));
  return [columns.map(({ name }) => name).join(','), ...lines, ''].join('\n');
}

for (const name of [
  'digits_mlp',
  'digits_mlp_v2',
  'digits_conv_external',
  'breast_cancer_lr',
  'diabetes_trees',
  'cars_mixed_inputs',
  'iris_zipmap',
]) {
  test(`${name} gives its golden outputs beside the rows of a table`, async (t) => {
    const registry = await tempRegistry(t);
    await add(registry, 'model', fixture(name === 'digits_conv_external' ? name : `${name}/model.onnx`));
    const { cases } = JSON.parse(readFileSync(fixture(`${name}/golden.json`), 'utf8')) as {
      cases: { inputs: Record<string, Value>; outputs: Record<string, Value> }[];
    };
    for (const { inputs, outputs } of cases) {
      const table = toTable(inputs);
      const { output, result } = await predictText(t, registry, 'model', table);
      const [header = [], ...rows] = cellsOf(output);
      // The table itself is there unchanged.
      const width = table.slice(0, table.indexOf('\n')).split(',').length;
      const own = [header, ...rows].map((cells) => `${cells.slice(0, width).join(',')}\n`).join('');
      assert.equal(own, table);
      assert.equal(result.rows, rows.length);
      for (const [output, { dtype, shape, data }] of Object.entries(outputs)) {
        const wide = data.length / shape[0]!;
        for (const [at, value] of data.entries()) {
          const column = wide === 1 ? output : `${output}_${at % wide}`;
          const given = rows[Math.floor(at / wide)]![header.indexOf(column, width)]!;
          if (dtype.startsWith('float'))
            assert.ok(
              Math.abs(Number(given) - Number(value)) <= 1e-6 * Math.max(1, Math.abs(Number(value))),
              column,
            );
          else assert.equal(given, String(value), column);
        }
      }
    }
  });
}

test('the test set of the digits, with its target left out, has the accuracy that it should', async (t) => {
  const registry = await tempRegistry(t);
  await add(registry, 'digits', fixture('digits_mlp/model.onnx'));
  const table = readFileSync(fixture('digits_mlp/test.csv'));
  const { output, result } = await predictText(t, registry, 'digits', table, {
    exclude: ['target'],
    batch: 100,
  });
  assert.deepEqual([result.rejected, result.batch], [0, 100]);
  const [header = [], ...rows] = cellsOf(output);
  const [target = 0] = findColumns(headerOf(header), ['target'], '');
  const label = header.indexOf('label');
  const right = rows.filter((cells) => Number(cells[target]) === Number(cells[label])).length;
  const { accuracy } = JSON.parse(readFileSync(fixture('digits_mlp/metrics.json'), 'utf8')) as {
    accuracy: number;
  };
  assert.equal(right / rows.length, accuracy);
});

test('a dirty table: good rows unchanged, bad ones with line, column and reason', async (t) => {
  const registry = await tempRegistry(t);
  await add(registry, 'dirty', fixture('predict-dirty-csv/model.onnx'));
  const expected = JSON.parse(readFileSync(fixture('predict-dirty-csv/expected.json'), 'utf8')) as {
    kept: string[];
    keptLabels: number[];
    probabilities_1: number[];
    rejects: { line: number; column?: string }[];
  };
  const table = readFileSync(fixture('predict-dirty-csv/input.csv'));
  const { output, rejects, result } = await predictText(t, registry, 'dirty', table, { reject: true });
  const lines = output.toString().split(/(?<=\n)(?=\d)/);
  assert.deepEqual(
    lines.slice(1).map((line) => line.slice(0, line.indexOf(','))),
    expected.kept,
  );
  const added = lines.slice(1).map((line) => line.trim().split(',').slice(-3).map(Number));
  assert.deepEqual(
    added.map(([label]) => label),
    expected.keptLabels,
  );
  assert.deepEqual(
    added.map((values) => values[2]),
    expected.probabilities_1,
  );
  assert.deepEqual(
    rejects
      .trimEnd()
      .split('\n')
      .slice(1)
      .map((line) => line.split(',').slice(0, 2)),
    expected.rejects.map(({ line, column = '' }) => [String(line), column]),
  );
  assert.deepEqual([result.rows, result.rejected], [6, 7]);
});
