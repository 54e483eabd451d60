import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compareFiles } from '../../src/core/comparison/file-changes.ts';
import { keyMetrics } from '../../src/core/metadata/key-metrics.ts';
import { sideBySide } from '../../src/core/text/side-by-side.ts';
import type { ArtifactFile } from '../../src/core/versions/version-record.ts';
import { digestOfText } from '../support/metadata-samples.ts';

test('records stand side by side in the order of the first; missing and null are not the same', () => {
  assert.deepEqual(
    sideBySide<string | number | null>([
      { b: 1, a: 'x', n: null },
      { a: 'x', b: 2, c: 3 },
    ]),
    [
      { name: 'b', values: [1, 2], same: false },
      { name: 'a', values: ['x', 'x'], same: true },
      { name: 'n', values: [null, undefined], same: false },
      { name: 'c', values: [undefined, 3], same: false },
    ],
  );
  assert.deepEqual(sideBySide([{}, {}]), []);
  assert.deepEqual(sideBySide([{ valueOf: 'x' }, {}])[0]?.values, ['x', undefined]);
  assert.equal(sideBySide([{ n: null }, { n: null }])[0]?.same, true);
});

const file = (path: string, text: string): ArtifactFile => ({
  path,
  digest: digestOfText(text),
  size: text.length,
});

test('files are added, removed or changed from the first to the last artifact', () => {
  const before = [file('kept', 'k'), file('gone', 'g'), file('edited', 'e')];
  const after = [file('edited', 'ee'), file('kept', 'k'), file('added', 'a')];
  const { same, changes } = compareFiles([before, after]);
  assert.equal(same, 1);
  assert.deepEqual(
    changes.map(({ path, change, files }) => [path, change, files.map((each) => each?.size)]),
    [
      ['added', 'added', [undefined, 1]],
      ['edited', 'changed', [1, 2]],
      ['gone', 'removed', [1, undefined]],
    ],
  );
  const between = compareFiles([before, after, before]).changes;
  assert.deepEqual(new Set(between.map(({ change }) => change)), new Set(['differs']));
});

test('the most telling metrics are those that all have, whose direction is known, and that differ', () => {
  const records: Record<string, number>[] = [
    { epochs: 3, accuracy: 0.9, recall: 0.5, rare: 1 },
    { epochs: 4, accuracy: 0.9, recall: 0.6, loss: 0.3 },
  ];
  assert.deepEqual(keyMetrics(records), ['recall', 'accuracy', 'epochs', 'loss', 'rare']);
  assert.deepEqual(keyMetrics([]), []);
});
