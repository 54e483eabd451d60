import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { collectPredictions } from '../../src/predict/collect.ts';
import { tablePaths } from '../support/predicted.ts';
import { failsWith, fixture } from '../support/temp-folder.ts';
import { add, ref, tempRegistry } from '../support/temp-registry.ts';

test('predictions come as typed arrays, with the text of columns, for all rows in order', async (t) => {
  const registry = await tempRegistry(t);
  await add(registry, 'digits', fixture('digits_mlp/model.onnx'));
  const whole = readFileSync(fixture('digits_mlp/test.csv'), 'utf8');
  const [header = '', ...rows] = whole.trimEnd().split('\n');
  // More than a block, so that blocks have to be put together.
  const table = [header, ...Array.from({ length: 20 }, () => rows).flat(), ''].join('\n');
  const { input } = tablePaths(t, table);
  const collected = await collectPredictions(registry, {
    ref: ref('digits'),
    table: { path: input, kindFlag: '--input-format' },
    exclude: ['target'],
    workers: 2,
    cells: [{ column: 'target', flag: '--target' }],
  });
  const count = rows.length * 20;
  assert.equal(collected.rows, count);
  assert.equal(collected.digest, `sha256:${createHash('sha256').update(table).digest('hex')}`);
  const [label, probabilities] = collected.outputs;
  assert.deepEqual(
    [label!.name, label!.dtype, label!.width, label!.data.length],
    ['label', 'int64', 1, count],
  );
  assert.deepEqual(
    [probabilities!.name, probabilities!.dtype, probabilities!.width, probabilities!.data.length],
    ['probabilities', 'float32', 10, count * 10],
  );
  const { codes, values } = collected.cells.get('target')!;
  assert.deepEqual(
    [...codes].map((code) => values[code]),
    Array.from({ length: count }, (_, row) => rows[row % rows.length]!.split(',').at(-1)),
  );
  assert.deepEqual(values.toSorted(), ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9']);
  assert.deepEqual(label!.data.slice(0, rows.length), label!.data.slice(-rows.length));
});

test('a column that is not there is named with the option that asks for it', async (t) => {
  const registry = await tempRegistry(t);
  await add(registry, 'digits', fixture('digits_mlp/model.onnx'));
  const { input } = tablePaths(t, readFileSync(fixture('digits_mlp/test.csv')));
  await assert.rejects(
    collectPredictions(registry, {
      ref: ref('digits'),
      table: { path: input, kindFlag: '--input-format' },
      exclude: ['target'],
      cells: [{ column: 'labels', flag: '--target' }],
    }),
    failsWith('INVALID_INPUT', /--target.*labels/),
  );
});
