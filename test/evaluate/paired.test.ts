import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nextDouble, seededRandom } from '../../src/core/seeded-random.ts';
import { classificationMetrics } from '../../src/evaluate/metrics/classification.ts';
import type { ClassifiedRows } from '../../src/evaluate/metrics/classified-rows.ts';
import { regressionMetrics, type RegressionRows } from '../../src/evaluate/metrics/regression.ts';
import { compareClassification } from '../../src/evaluate/paired/compare-classification.ts';
import { compareRegression } from '../../src/evaluate/paired/compare-regression.ts';
import type { PairedTest, PairedTests } from '../../src/evaluate/paired/paired-test.ts';
import type { BootstrapOptions } from '../../src/evaluate/resampling/bootstrap.ts';
import { assertClose, generatedRows, readCases } from '../support/evaluated-cases.ts';

function compare(
  baseline: ClassifiedRows,
  candidate: ClassifiedRows,
  options?: BootstrapOptions,
): Promise<PairedTests> {
  const side = (rows: ClassifiedRows) => ({ rows, metrics: classificationMetrics(rows).metrics });
  return compareClassification(side(baseline), side(candidate), options);
}

function compareNumbers(
  baseline: RegressionRows,
  candidate: RegressionRows,
  options?: BootstrapOptions,
): Promise<PairedTests> {
  const side = (rows: RegressionRows) => ({ rows, metrics: regressionMetrics(rows).metrics });
  return compareRegression(side(baseline), side(candidate), options);
}

const named = ({ tests }: PairedTests, name: string): PairedTest => {
  const found = tests.find((one) => one.name === name);
  assert.ok(found, name);
  return found;
};

/** Rows of three classes, and the same with some predictions made right. */
function twoModels(rows: number, improved: number): { baseline: ClassifiedRows; candidate: ClassifiedRows } {
  const baseline = generatedRows(['a', 'b', 'c'], rows, 3);
  const random = seededRandom(6);
  const predicted = baseline.predicted.map((answer, row) =>
    nextDouble(random) < improved ? (baseline.target[row] ?? 0) : answer,
  );
  const values = (baseline.probabilities?.values ?? new Float32Array()).slice();
  for (let row = 0; row < rows; row++) {
    const own = row * 3 + (baseline.target[row] ?? 0);
    if (nextDouble(random) < improved) values[own] = (values[own] ?? 0) * 1.005;
  }
  return {
    baseline,
    candidate: { ...baseline, predicted, probabilities: { classes: Int32Array.of(0, 1, 2), values } },
  };
}

test('areas under the ROC curve are compared as DeLong does', async () => {
  for (const { target, baseline, candidate, areas, low, high, p } of readCases('delong') as {
    target: number[];
    baseline: number[];
    candidate: number[];
    areas: number[];
    low: number;
    high: number;
    p: number;
  }[]) {
    const side = (scores: number[]): ClassifiedRows => ({
      labels: ['0', '1'],
      target: Int32Array.from(target),
      predicted: Int32Array.from(scores, (score) => (score > 0.5 ? 1 : 0)),
      probabilities: { classes: Int32Array.of(1), values: Float32Array.from(scores) },
    });
    const found = named(await compare(side(baseline), side(candidate), { resamples: 20 }), 'roc_auc');
    assert.equal(found.method, 'delong');
    assertClose(found.baseline, areas[0], 'baseline');
    assertClose(found.candidate, areas[1], 'candidate');
    assertClose(found.low, low, 'low');
    assertClose(found.high, high, 'high');
    assertClose(found.p, p, 'p');
  }
});

test('every metric that has an interval is tested, by its method', async () => {
  const { baseline, candidate } = twoModels(400, 0.1);
  const found = await compare(baseline, candidate, { resamples: 200 });
  assert.deepEqual(found.untested, {});
  assert.deepEqual(
    found.tests.map(({ name, method }) => `${name} ${method}`),
    [
      'accuracy mcnemar',
      'balanced_accuracy paired bootstrap',
      'precision_macro paired bootstrap',
      'recall_macro paired bootstrap',
      'f1_macro paired bootstrap',
      'precision_weighted paired bootstrap',
      'recall_weighted paired bootstrap',
      'f1_weighted paired bootstrap',
      'mcc paired bootstrap',
      'log_loss paired bootstrap',
      'brier paired bootstrap',
      'top_2_accuracy mcnemar',
      'roc_auc delong',
      'average_precision paired bootstrap',
    ],
  );
  for (const { name, baseline: before, candidate: after, delta, low, high, p } of found.tests) {
    assert.equal(delta, after - before, name);
    assert.ok(low <= delta && delta <= high, name);
    assert.ok(p >= 0 && p <= 1, name);
  }
  assert.ok(named(found, 'accuracy').p < 0.001);
  assert.ok(named(found, 'f1_macro').low > 0);
});

test('a model compared with itself differs by nothing', async () => {
  const { baseline } = twoModels(300, 0);
  const found = await compare(baseline, baseline, { resamples: 100 });
  for (const { name, delta, p, low, high } of found.tests) {
    assert.deepEqual([delta, p], [0, 1], name);
    assert.ok(low <= 0 && high >= 0, name);
  }
});

test('the other way round, the difference and its interval have the other sign', async () => {
  const { baseline, candidate } = twoModels(300, 0.05);
  const there = await compare(baseline, candidate, { resamples: 1000 });
  const back = await compare(candidate, baseline, { resamples: 1000 });
  for (const one of there.tests) {
    const other = named(back, one.name);
    assertClose(other.delta, 0 - one.delta, one.name);
    const width = one.high - one.low;
    const off = Math.max(Math.abs(other.low + one.high), Math.abs(other.high + one.low));
    assert.ok(off <= (one.method === 'paired bootstrap' ? 0.15 * width : 1e-12), one.name);
    assert.ok(Math.abs(other.p - one.p) <= (one.method === 'paired bootstrap' ? 0.04 : 1e-12), one.name);
  }
});

test('too many rows to resample have nearly the same tests', async () => {
  const { baseline, candidate } = twoModels(2000, 0.03);
  const resampled = await compare(baseline, candidate, { resamples: 1000 });
  const normal = await compare(baseline, candidate, { resamples: 1000, mostWork: 0 });
  for (const name of ['log_loss', 'brier', 'average_precision']) {
    const [one, other] = [named(resampled, name), named(normal, name)];
    assert.equal(other.method, 'normal');
    const width = one.high - one.low;
    assert.ok(
      Math.abs(one.low - other.low) < 0.15 * width && Math.abs(one.high - other.high) < 0.15 * width,
      name,
    );
  }
  assert.deepEqual(named(normal, 'roc_auc'), named(resampled, 'roc_auc'));
});

test('equal models are found different in about one of twenty samples', async () => {
  let [found, all] = [0, 0];
  for (let sample = 0; sample < 120; sample++) {
    const random = seededRandom(sample, 'equal models');
    const target = Int32Array.from({ length: 120 }, () => random() & 1);
    const side = (): ClassifiedRows => {
      const scores = Float32Array.from(target, (right) => 0.3 * right + 0.7 * nextDouble(random));
      return {
        labels: ['0', '1'],
        target,
        predicted: Int32Array.from(scores, (score) => (score > 0.5 ? 1 : 0)),
        probabilities: { classes: Int32Array.of(1), values: scores },
      };
    };
    const { tests } = await compare(side(), side(), { resamples: 150, seed: sample });
    for (const name of ['roc_auc', 'brier', 'f1', 'average_precision']) {
      all++;
      if (named({ tests, untested: {} }, name).p < 0.05) found++;
    }
  }
  assert.ok(found / all > 0.02 && found / all < 0.09, `${found} of ${all}`);
});

test('errors of numbers are compared row by row', async () => {
  const random = seededRandom(8);
  const target = Float64Array.from({ length: 200 }, () => 10 * nextDouble(random));
  const noise = target.map(() => nextDouble(random) - 0.5);
  const side = (scale: number): RegressionRows => ({
    target,
    predicted: target.map((value, row) => value + (noise[row] ?? 0) * scale),
  });
  const found = await compareNumbers(side(1), side(0.98), { resamples: 500 });
  assert.deepEqual(
    found.tests.map(({ name, method }) => `${name} ${method}`),
    ['rmse', 'mae', 'mape', 'median_absolute_error', 'r2'].map((name) => `${name} paired bootstrap`),
  );
  // The errors differ by 2% in every row, which only shows if rows are paired.
  for (const name of ['rmse', 'mae', 'median_absolute_error']) assert.ok(named(found, name).high < 0, name);
  assert.ok(named(found, 'r2').low > 0);

  const normal = await compareNumbers(side(1), side(0.98), { mostWork: 0 });
  assert.deepEqual(normal.untested, { median_absolute_error: 'there are too many rows to resample' });
  for (const { name, low, high } of normal.tests) {
    const other = named(found, name);
    assert.ok(Math.abs(low - other.low) < 0.2 * (other.high - other.low), name);
    assert.ok(Math.abs(high - other.high) < 0.2 * (other.high - other.low), name);
  }
});

test('few rows are not resampled, and say so', async () => {
  const { baseline, candidate } = twoModels(9, 0.5);
  const found = await compare(baseline, candidate);
  assert.equal(found.untested['f1_macro'], 'there are fewer than 10 rows');
  assert.equal(found.untested['log_loss'], 'there are fewer than 10 rows');
  assert.equal(named(found, 'accuracy').method, 'mcnemar');
});
