import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type CollectedBlock, collectRows } from '../../src/predict/collected-rows.ts';

const block = (texts: string[], labels: number[], names: string[]): CollectedBlock => {
  const values = [...new Set(texts)];
  return {
    rows: texts.length,
    cells: [{ codes: Int32Array.from(texts, (text) => values.indexOf(text)), values }],
    outputs: [
      { name: 'label', dtype: 'int64', width: 1, data: BigInt64Array.from(labels, BigInt) },
      { name: 'name', dtype: 'string', width: 1, data: names },
    ],
  };
};

test('blocks become whole columns in the order of the rows', () => {
  const collector = collectRows(['target']);
  collector.add(block(['b', 'a', 'b'], [1, 2, 3], ['x', 'y', 'z']));
  collector.add(block(['c', 'a'], [4, 5], ['u', 'v']));
  const { rows, cells, outputs } = collector.finish();
  assert.equal(rows, 5);
  const { codes, values } = cells.get('target')!;
  assert.deepEqual(
    [...codes].map((code) => values[code]),
    ['b', 'a', 'b', 'c', 'a'],
  );
  assert.equal(values.length, 3);
  assert.deepEqual(outputs[0]!.data, BigInt64Array.of(1n, 2n, 3n, 4n, 5n));
  assert.deepEqual(outputs[1]!.data, ['x', 'y', 'z', 'u', 'v']);
});

test('no rows at all are an empty column', () => {
  const { rows, cells, outputs } = collectRows(['target']).finish();
  assert.equal(rows, 0);
  assert.deepEqual(cells.get('target'), { codes: new Int32Array(0), values: [] });
  assert.deepEqual(outputs, []);
});
