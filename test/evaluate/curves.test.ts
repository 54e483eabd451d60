import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nextDouble, seededRandom } from '../../src/core/seeded-random.ts';
import { classificationMetrics } from '../../src/evaluate/metrics/classification.ts';
import type { ClassifiedRows } from '../../src/evaluate/metrics/classified-rows.ts';
import { residualHistogram } from '../../src/evaluate/metrics/residual-histogram.ts';
import { rocCurves, type RocCurve } from '../../src/evaluate/metrics/roc-curve.ts';
import { assertClose, generatedRows } from '../support/evaluated-cases.ts';

function binary(target: number[], scores: number[]): ClassifiedRows {
  return {
    labels: ['no', 'yes'],
    target: Int32Array.from(target),
    predicted: Int32Array.from(target),
    probabilities: { classes: Int32Array.of(1), values: Float32Array.from(scores) },
  };
}

function areaOf({ fpr, tpr }: RocCurve): number {
  let area = 0;
  for (let at = 1; at < fpr.length; at++)
    area += (((fpr[at] ?? 0) - (fpr[at - 1] ?? 0)) * ((tpr[at] ?? 0) + (tpr[at - 1] ?? 0))) / 2;
  return area;
}

test('a curve has its corners, and equal scores are one step', () => {
  assert.deepEqual(rocCurves(binary([0, 0, 1, 1, 1, 0], [0.125, 0.25, 0.25, 0.5, 0.75, 0.5]), [1]), [
    {
      label: 'yes',
      fpr: [0, 0, 2 / 3, 1],
      tpr: [0, 1 / 3, 1, 1],
      thresholds: [null, 0.75, 0.25, 0.125],
    },
  ]);
});

test('a curve of many rows has at most 200 points and the same area', () => {
  const rows = generatedRows(['a', 'b', 'c'], 8000, 31);
  const { metrics } = classificationMetrics(rows);
  const areas = metrics['roc_auc_by_class'] as Record<string, number>;
  const curves = rocCurves(rows, [0, 1, 2]);
  assert.deepEqual(
    curves.map(({ label }) => label),
    ['a', 'b', 'c'],
  );
  for (const curve of curves) {
    assert.ok(curve.fpr.length > 20 && curve.fpr.length <= 200);
    assert.ok(Math.abs(areaOf(curve) - (areas[curve.label] ?? 0)) < 2e-4);
    assert.deepEqual(
      curve.fpr,
      curve.fpr.toSorted((a, b) => a - b),
    );
    assert.deepEqual(
      curve.tpr,
      curve.tpr.toSorted((a, b) => a - b),
    );
    assert.deepEqual([curve.fpr.at(-1), curve.tpr.at(-1)], [1, 1]);
  }
});

test('thinning keeps a corner that a single row makes', () => {
  // All but the last positive row come first, so that the curve bends at (0, 0.9995).
  const random = seededRandom(3);
  const target = Array.from({ length: 4000 }, (_, row) => (row < 2000 ? 1 : 0));
  const scores = target.map((right, row) =>
    row === 0 ? 0 : right * 0.5 + nextDouble(random) * 0.49 + 0.001,
  );
  const [curve] = rocCurves(binary(target, scores), [1]);
  assert.ok(curve?.fpr.some((fpr, at) => fpr === 0 && Math.abs((curve.tpr[at] ?? 0) - 0.9995) < 1e-9));
  assert.deepEqual([curve?.fpr.at(-2), curve?.fpr.length], [1, 4]);
});

test('a class without rows, with all of them, or without scores has no curve', () => {
  assert.deepEqual(rocCurves(binary([1, 1], [0.5, 0.25]), [0, 1]), []);
  assert.deepEqual(rocCurves({ ...binary([0, 1], [0, 1]), probabilities: null }, [1]), []);
});

test('a histogram of residuals counts every row once, around 0', () => {
  const random = seededRandom(5);
  const target = Float64Array.from({ length: 5000 }, () => nextDouble(random));
  const predicted = target.map((value, row) => value + (row < 5 ? 100 : nextDouble(random) - 0.25));
  const found = residualHistogram({ target, predicted });
  assert.ok(found);
  const { edges, counts, below, above } = found;
  assert.equal(edges.length, counts.length + 1);
  assert.equal(counts.length % 2, 1);
  assertClose(edges[0], 0 - (edges.at(-1) ?? 0), 'symmetric');
  assert.equal(below + above + counts.reduce((sum, count) => sum + count), 5000);
  assert.ok(above >= 5, 'outliers are apart');
  for (const [bin, count] of counts.entries()) {
    const inside = (row: number): boolean => {
      const residual = (predicted[row] ?? 0) - (target[row] ?? 0);
      const top =
        bin === counts.length - 1 ? residual <= (edges[bin + 1] ?? 0) : residual < (edges[bin + 1] ?? 0);
      return residual >= (edges[bin] ?? 0) && top;
    };
    assert.equal(count, [...target.keys()].filter(inside).length, `bin ${bin}`);
  }
});

test('residuals without spread have no histogram', () => {
  const target = Float64Array.of(1, 2);
  assert.equal(residualHistogram({ target, predicted: target }), null);
  assert.equal(residualHistogram({ target, predicted: Float64Array.of(1, Infinity) }), null);
  assert.equal(residualHistogram({ target: new Float64Array(), predicted: new Float64Array() }), null);
});
