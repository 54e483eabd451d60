import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { applyRule, type Rule } from '../../src/monitor/rule.ts';
import { type SpecialFunctions, specialFunctions } from '../../src/stats/special.ts';
import { simulate } from '../support/monitored-series.ts';
import { quiet } from '../support/saved-evaluations.ts';

let functions: SpecialFunctions;
before(async () => void (functions = await specialFunctions()));

const share = { direction: 'higher', isShare: true } as const;
const rule = (given: Partial<Rule>): Rule => ({
  name: 'default',
  drops: 3,
  loss: { kind: 'absolute', by: 0.01 },
  ...given,
});

/** The windows at which a rule fires. */
function firedAt(values: readonly number[], given: Partial<Rule>, labels = 500, versions: string[] = []) {
  const windows = values.map((value, start) => ({
    start,
    value,
    labels,
    error: null,
    version: versions[start] ?? '1.0.0',
  }));
  return applyRule(windows, rule(given), share, functions).flatMap((firing, at) =>
    firing === null ? [] : [{ at, by: firing.by }],
  );
}

// Seeded, and fewer than in `npm run bench:monitor`.
test('few quiet series raise an alarm by the default rule, and most by bare falls', () => {
  for (const labels of [100, 500]) {
    assert.ok(
      simulate('default', 'quiet', functions, { labels, series: 200 }).found <= 0.02,
      `${labels} labels`,
    );
    assert.ok(simulate('page-hinkley', 'quiet', functions, { labels, series: 200 }).found <= 0.02);
  }
  assert.ok(simulate('drops', 'quiet', functions, { labels: 100, series: 100 }).found > 0.5);
});

test('every slide is found, and steps in days', () => {
  const slide = simulate('default', 'slide', functions, { labels: 500, series: 50 });
  assert.deepEqual([slide.found, slide.slow <= 12], [1, true]);
  const step = simulate('default', 'step', functions, { labels: 500, series: 50 });
  assert.deepEqual([step.found > 0.9, step.median <= 3], [true, true]);
  const hinkley = simulate('page-hinkley', 'slide', functions, { labels: 500, series: 50 });
  assert.deepEqual([hinkley.found, hinkley.slow <= 12], [1, true]);
});

test('falls in a row alarm only if they matter together, and with the bare rule only they do', () => {
  assert.deepEqual(firedAt([0.9, 0.899, 0.898, 0.897], { name: 'drops' }), []);
  assert.deepEqual(firedAt([0.9, 0.895, 0.892, 0.89], { name: 'drops' }), [{ at: 3, by: 'falls' }]);
  assert.deepEqual(firedAt([0.9, 0.895, 0.895, 0.89], { name: 'drops' }), [], 'no change is no fall');
  assert.deepEqual(firedAt([0.9, 0.895, 0.89], { name: 'drops', drops: 2 }), [{ at: 2, by: 'falls' }]);
  assert.deepEqual(firedAt([...quiet(14), 0.5, 0.5], { name: 'drops' }), []);
});

test('the loss can be a share of what it fell from', () => {
  const values = [0.5, 0.49, 0.48, 0.47];
  const of = (by: number) => firedAt(values, { name: 'drops', loss: { kind: 'relative', by } }).length;
  assert.deepEqual([of(0.06), of(0.061)], [1, 0]);
});

test('a fall that is too small to matter is none, however sure it is', () => {
  const values = [...Array.from({ length: 14 }, () => 0.9), 0.892, 0.892, 0.892];
  assert.deepEqual(firedAt(values, {}, 1_000_000), []);
  assert.equal(firedAt(values, { loss: { kind: 'absolute', by: 0.005 } }, 1_000_000).at(-1)?.by, 'pooled');
});

test('a new version is compared with the one before it, later with its own first windows', () => {
  const versions = [
    ...Array.from({ length: 14 }, () => '1.0.0'),
    ...Array.from({ length: 40 }, () => '1.1.0'),
  ];
  const worse = [...quiet(14), ...quiet(40).map((value) => value - 0.05)];
  const fired = firedAt(worse, {}, 500, versions);
  assert.equal(fired[0]?.at, 15);
  // From its 17th window on, it is as it was at first.
  assert.ok(fired.every(({ at }) => at < 14 + 17));
  const better = [...quiet(14), ...quiet(40).map((value) => value + 0.05)];
  assert.deepEqual(firedAt(better, {}, 500, versions), []);
  better.splice(40, 14, ...quiet(14));
  assert.ok(firedAt(better, {}, 500, versions).length > 0, 'as good as the version before, and a fall');
});

test('the Page-Hinkley sum begins anew after an alarm', () => {
  const values = [...quiet(20), ...quiet(40).map((value) => value - 0.08)];
  assert.equal(firedAt(values, { name: 'page-hinkley' }).length, 1);
});
