import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nextBelow, nextDouble, seededRandom } from '../../src/core/seeded-random.ts';
import {
  classificationIntervals,
  regressionIntervals,
  type Intervals,
} from '../../src/evaluate/intervals.ts';
import { classificationMetrics } from '../../src/evaluate/metrics/classification.ts';
import type { ClassifiedRows } from '../../src/evaluate/metrics/classified-rows.ts';
import { regressionMetrics, type RegressionRows } from '../../src/evaluate/metrics/regression.ts';
import type { BootstrapOptions } from '../../src/evaluate/resampling/bootstrap.ts';
import { percentile } from '../../src/stats/quantiles.ts';
import { generatedRows } from '../support/evaluated-cases.ts';

const intervalsOf = (rows: ClassifiedRows, options?: BootstrapOptions): Intervals =>
  classificationIntervals(rows, classificationMetrics(rows), options);

const ofNumbers = (rows: RegressionRows, options?: BootstrapOptions): Intervals =>
  regressionIntervals(rows, regressionMetrics(rows), options);

function numbers(rows: number, seed: number): RegressionRows {
  const random = seededRandom(seed);
  const target = Float64Array.from({ length: rows }, () => 10 + 5 * nextDouble(random));
  return { target, predicted: target.map((value) => value + (nextDouble(random) - 0.4) ** 3 * 20) };
}

/** The rows that were drawn, one by one. */
function resample(rows: ClassifiedRows, random: () => number): ClassifiedRows {
  const count = rows.target.length;
  const drawn = Array.from({ length: count }, () => nextBelow(random, count));
  const width = rows.labels.length;
  const values = rows.probabilities?.values ?? new Float32Array();
  return {
    labels: rows.labels,
    target: Int32Array.from(drawn, (row) => rows.target[row] ?? 0),
    predicted: Int32Array.from(drawn, (row) => rows.predicted[row] ?? 0),
    probabilities: {
      classes: Int32Array.from(rows.labels.keys()),
      values: Float32Array.from(drawn.flatMap((row) => [...values.subarray(row * width, (row + 1) * width)])),
    },
  };
}

test('intervals are those of resampling the rows one by one', () => {
  const rows = generatedRows(['a', 'b', 'c'], 150, 21);
  const random = seededRandom(9);
  const resampled = Array.from({ length: 1000 }, () => classificationMetrics(resample(rows, random)).metrics);
  const found = intervalsOf(rows, { resamples: 3000 });
  for (const name of [
    'balanced_accuracy',
    'f1_macro',
    'mcc',
    'log_loss',
    'brier',
    'roc_auc',
    'average_precision',
  ]) {
    const values = Float64Array.from(resampled, (metrics) => metrics[name] as number).sort();
    const [low, high] = [percentile(values, 0.025), percentile(values, 0.975)];
    const interval = found[name];
    assert.equal(interval?.method, 'bootstrap', name);
    for (const [own, other] of [
      [interval?.low, low],
      [interval?.high, high],
    ] as const)
      assert.ok(Math.abs((own ?? 0) - other) < 0.12 * (high - low), `${name}: ${own}, not ${other}`);
  }
});

test('the normal intervals of many rows are nearly those of resampling them', () => {
  const rows = generatedRows(['a', 'b', 'c'], 2000, 22);
  const [one, other] = [intervalsOf(rows), intervalsOf(rows, { mostWork: 0 })];
  const [ofRows, normal] = [ofNumbers(numbers(2000, 1)), ofNumbers(numbers(2000, 1), { mostWork: 0 })];
  const pairs = [
    ...['log_loss', 'brier', 'roc_auc', 'average_precision'].map(
      (name) => [name, one[name], other[name]] as const,
    ),
    ...['rmse', 'mae', 'mape', 'r2'].map((name) => [name, ofRows[name], normal[name]] as const),
  ];
  for (const [name, resampled, found] of pairs) {
    assert.ok(resampled && found, name);
    assert.deepEqual([resampled.method, found.method], ['bootstrap', 'normal'], name);
    const width = resampled.high - resampled.low;
    assert.ok(Math.abs(resampled.low - found.low) < 0.1 * width, name);
    assert.ok(Math.abs(resampled.high - found.high) < 0.1 * width, name);
  }
});

test('an interval of 95% has the true value in about 95% of samples', () => {
  const hits: Record<string, number> = {};
  const samples = 300;
  // The model says what is: P(1) = p. So log loss and AUC are known by integration.
  const truth = {
    accuracy: 0.75,
    brier: 1 / 6,
    log_loss: 0.5,
    roc_auc: 5 / 6,
    recall: 0.75,
    precision: 0.75,
  };
  for (let sample = 0; sample < samples; sample++) {
    const random = seededRandom(sample, 'coverage');
    const values = Float32Array.from({ length: 80 }, () => nextDouble(random));
    const found = intervalsOf(
      {
        labels: ['0', '1'],
        target: Int32Array.from(values, (value) => (nextDouble(random) < value ? 1 : 0)),
        predicted: Int32Array.from(values, (value) => (value > 0.5 ? 1 : 0)),
        probabilities: { classes: Int32Array.of(1), values },
      },
      { resamples: 300, seed: sample },
    );
    for (const [name, value] of Object.entries(truth)) {
      const interval = found[name];
      if (interval && interval.low <= value && value <= interval.high) hits[name] = (hits[name] ?? 0) + 1;
    }
  }
  for (const name of Object.keys(truth)) {
    const share = (hits[name] ?? 0) / samples;
    assert.ok(share > 0.9 && share < 0.99, `${name}: ${share}`);
  }
});

test('the same seed gives the same intervals, another one nearly the same', () => {
  const rows = generatedRows(['a', 'b', 'c'], 200, 23);
  const [first, again, other] = [1, 1, 2].map((seed) => intervalsOf(rows, { seed }));
  assert.deepEqual(first, again);
  assert.notDeepEqual(first, other);
  assert.ok(Math.abs((first?.['roc_auc']?.low ?? 0) - (other?.['roc_auc']?.low ?? 1)) < 0.01);
});

test('a perfect sample does not claim certainty', () => {
  const target = Int32Array.from({ length: 30 }, (_, row) => row % 2);
  const found = intervalsOf({ labels: ['a', 'b'], target, predicted: target, probabilities: null });
  assert.deepEqual(Object.keys(found), [
    'accuracy',
    'precision',
    'recall',
    'precision_micro',
    'recall_micro',
    'f1_micro',
  ]);
  assert.ok((found['accuracy']?.low ?? 1) < 0.9);
});

test('one row, and a class that resamples lose, have no interval that would mislead', () => {
  const one = generatedRows(['a', 'b', 'c'], 1, 3);
  assert.deepEqual(new Set(Object.values(intervalsOf(one)).map(({ method }) => method)), new Set(['wilson']));
  const rare = generatedRows(['a', 'b'], 60, 4);
  rare.target.fill(0)[5] = 1;
  assert.equal(intervalsOf(rare)['roc_auc'], undefined, 'a third of the resamples have no row of class b');
  assert.deepEqual(intervalsOf({ ...one, target: new Int32Array(), predicted: new Int32Array() }), {});
  assert.deepEqual(ofNumbers({ target: Float64Array.of(1), predicted: Float64Array.of(2) }), {});
  assert.deepEqual(ofNumbers({ target: new Float64Array(), predicted: new Float64Array() }), {});
});

test('a constant target has no interval of R²', () => {
  const { predicted } = numbers(50, 3);
  const found = ofNumbers({ target: new Float64Array(50).fill(12), predicted });
  assert.deepEqual(Object.keys(found), ['rmse', 'mae', 'mape', 'median_absolute_error']);
  assert.equal(found['median_absolute_error']?.method, 'order statistics');
});
