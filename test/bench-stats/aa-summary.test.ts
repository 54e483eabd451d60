import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judgeComparisons, shareInterval, summaryLines, type Comparison } from '../bench/aa-summary.ts';

const same: Comparison = {
  kind: 'same',
  verdict: 'pass',
  ratio: 1.001,
  medians: 1,
  interval: { low: 0.99, high: 1.01 },
  look: 1,
};
const slower: Comparison = {
  kind: 'slower',
  verdict: 'fail',
  ratio: 1.1,
  medians: 1.1,
  interval: { low: 1.08, high: 1.12 },
  look: 1,
};
const times = (count: number, comparison: Comparison): Comparison[] =>
  Array.from({ length: count }, () => comparison);
const broken = (comparisons: Comparison[]): string[] =>
  judgeComparisons(comparisons).flatMap(({ what, holds }) => (holds ? [] : [what]));

test('an honest gate meets every criterion, at the edge as well', () => {
  assert.deepEqual(broken([...times(40, same), ...times(20, slower)]), []);
  const edge = [
    ...times(2, { ...same, verdict: 'fail' }),
    ...times(2, { ...same, interval: { low: 1.001, high: 1.01 } }),
    ...times(2, { ...same, interval: { low: 0.98, high: 0.999 } }),
    ...times(34, same),
    ...times(10, { ...slower, verdict: 'inconclusive' }),
  ];
  assert.deepEqual(broken(edge), []);
});

test('one more than is allowed breaks the criterion, and only that', () => {
  assert.deepEqual(broken([...times(3, { ...same, verdict: 'fail' }), ...times(37, same)]), ['false alarms']);
  const apart = { ...same, interval: { low: 1.001, high: 1.01 } };
  assert.deepEqual(broken([...times(5, apart), ...times(35, same)]), ['95% intervals without 1']);
  assert.deepEqual(broken([...times(40, same), { ...slower, verdict: 'pass' }, slower]), ['false passes']);
  assert.deepEqual(broken([...times(40, same), { ...same, verdict: 'none' }]), ['no verdict']);
  const other = { ...slower, medians: 1.04 };
  assert.deepEqual(broken([...times(40, same), other, other, slower]), ['slower by something else']);
});

test('comparisons without an interval are not counted as intervals that hold 1', () => {
  const unknown = { ...same, verdict: 'inconclusive', interval: null } as const;
  const apart = { ...same, interval: { low: 1.001, high: 1.01 } };
  assert.deepEqual(broken([...times(30, unknown), ...times(2, apart), ...times(8, same)]), [
    '95% intervals without 1',
  ]);
});

test('the interval of a share is that of Clopper and Pearson', () => {
  // From sums of the exact probabilities, halving until nothing changed.
  const reference: [count: number, of: number, low: number, high: number][] = [
    [0, 40, 0, 0.088097],
    [2, 40, 0.006114, 0.169197],
    [10, 10, 0.691503, 1],
  ];
  for (const [count, of, low, high] of reference) {
    const interval = shareInterval(count, of);
    assert.ok(Math.abs(interval.low - low) < 1e-5 && Math.abs(interval.high - high) < 1e-5, `${count}/${of}`);
  }
});

test('the summary names each criterion with its rate, and what there is of half a run', () => {
  const lines = summaryLines([...times(39, same), { ...same, verdict: 'fail' }, slower]);
  assert.match(
    lines[0] ?? '',
    /^a model with itself: 40 comparisons, 39 pass, 1 fail; ratios 1\.001 … 1\.001 … 1\.001/,
  );
  assert.ok(
    lines.some((line) => /^PASS {2}false alarms +1 of 40 +2\.5% \(0\.1%–13\.2%\), at most 5\.0%$/.test(line)),
  );
  assert.equal(summaryLines([]).filter((line) => line.startsWith('PASS')).length, 5);
});
