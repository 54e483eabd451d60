import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isMlregError } from '../../src/core/errors.ts';
import { classificationMetrics } from '../../src/evaluate/metrics/classification.ts';
import type { ClassifiedRows } from '../../src/evaluate/metrics/classified-rows.ts';
import { assertClose, classificationCases } from '../support/evaluated-cases.ts';

for (const { name, rows, expected, confusion, calibration } of classificationCases()) {
  test(`metrics equal scikit-learn's: ${name}`, () => {
    const found = classificationMetrics(rows);
    for (const [metric, value] of Object.entries(expected)) assertClose(found.metrics[metric], value, metric);
    if (confusion !== undefined) assert.deepEqual(found.confusion, confusion);
    for (const [metric, value] of Object.entries(found.metrics))
      assert.equal(metric in found.undefinedMetrics, value === null, metric);
    if (calibration === null) {
      assert.equal(found.calibration, null);
      return;
    }
    assert.deepEqual(
      found.calibration?.map(({ rows: count }) => count),
      calibration.rows,
    );
    const filled = found.calibration?.filter(({ rows: count }) => count > 0) ?? [];
    for (const [at, { frequency, confidence }] of filled.entries()) {
      assertClose(frequency, calibration.frequency[at], `frequency of bin ${at}`);
      assertClose(confidence, calibration.confidence[at], `confidence of bin ${at}`);
    }
  });
}

function rows(
  labels: string[],
  target: number[],
  predicted: number[],
  values?: number[],
  classes = [...labels.keys()],
): ClassifiedRows {
  return {
    labels,
    target: Int32Array.from(target),
    predicted: Int32Array.from(predicted),
    probabilities:
      values === undefined ? null : { classes: Int32Array.from(classes), values: Float32Array.from(values) },
  };
}

test('what is undefined says why', () => {
  const reasons = (given: ClassifiedRows): Record<string, string> =>
    classificationMetrics(given).undefinedMetrics;
  assert.deepEqual(reasons(rows(['a', 'b'], [0, 1], [0, 1])), {
    log_loss: 'the model gives no probabilities',
    brier: 'the model gives no probabilities',
    ece: 'the model gives no probabilities',
    roc_auc: 'the model gives no probabilities',
    average_precision: 'the model gives no probabilities',
  });
  const logits = reasons(rows(['a', 'b'], [0, 1], [0, 1], [2, -1, 0, 3]));
  assert.deepEqual(logits, {
    log_loss: 'row 1 has a score outside 0 to 1',
    brier: 'row 1 has a score outside 0 to 1',
    ece: 'row 1 has a score outside 0 to 1',
  });
  assert.equal(
    reasons(rows(['a', 'b'], [0, 1], [0, 1], [0.5, 0.5, 0.25, 0.25]))['brier'],
    'the scores of row 2 sum to 0.5, not to 1',
  );
  assert.deepEqual(reasons(rows(['a', 'b'], [1, 1], [0, 1], [0.5, 0.5, 0, 1])), {
    roc_auc: 'all rows are of class "b"',
  });
  assert.deepEqual(reasons(rows(['a', 'b', 'c'], [0, 1, 2], [0, 1, 0], [0.5, 0.5, 0, 1, 0, 1], [0, 1])), {
    log_loss: 'the model gives no probability of class "c"',
    brier: 'the model gives no probability of class "c"',
    roc_auc: 'the model gives no score of class "c"',
    roc_auc_ovo: 'the model gives no score of class "c"',
    average_precision: 'the model gives no score of class "c"',
  });
});

test('without rows nothing is defined, and nothing is NaN', () => {
  const { metrics, undefinedMetrics, classes } = classificationMetrics(rows(['a', 'b', 'c'], [], [], []));
  for (const [name, value] of Object.entries(metrics))
    if (typeof value !== 'object' || value === null) {
      assert.equal(value, null, name);
      assert.equal(undefinedMetrics[name], 'there are no rows');
    }
  assert.deepEqual(classes[2], {
    label: 'c',
    support: 0,
    predicted: 0,
    precision: null,
    recall: null,
    f1: null,
    roc_auc: null,
    average_precision: null,
  });
});

test('scores that are no probabilities still rank the rows', () => {
  const { metrics, calibration } = classificationMetrics(
    rows(['a', 'b'], [0, 1, 1], [0, 1, 1], [2, -1, -5, 30, 1, -2]),
  );
  assert.equal(metrics['roc_auc'], 0.5);
  assert.equal(metrics['log_loss'], null);
  assert.equal(calibration, null);
});

test('probabilities rounded to two decimals are probabilities, whatever their sum', () => {
  const rounded = classificationMetrics(rows(['a', 'b', 'c'], [0], [0], [0.34, 0.34, 0.335])).metrics;
  assert.ok(Math.abs((rounded['log_loss'] as number) + Math.log(0.34 / 1.015)) < 1e-7);
  const sigmoids = classificationMetrics(rows(['a', 'b', 'c'], [0], [0], [0.5, 0.25, 0.28125]));
  assert.equal(sigmoids.undefinedMetrics['log_loss'], 'the scores of row 1 sum to 1.03125, not to 1');
});

test('one score per row is that of the class it names', () => {
  const one = classificationMetrics(
    rows(['a', 'b'], [0, 1, 1, 0], [0, 1, 0, 0], [0.25, 0.75, 0.5, 0.5], [1]),
  );
  const two = classificationMetrics(
    rows(['a', 'b'], [0, 1, 1, 0], [0, 1, 0, 0], [0.75, 0.25, 0.25, 0.75, 0.5, 0.5, 0.5, 0.5]),
  );
  assert.deepEqual(one, two);
  const ofFirst = classificationMetrics(
    rows(['a', 'b'], [0, 1, 1, 0], [0, 1, 0, 0], [0.75, 0.25, 0.5, 0.5], [0]),
  );
  assert.deepEqual(ofFirst, two);
});

test('a NaN among the probabilities is an error that names its row and class', () => {
  assert.throws(
    () => classificationMetrics(rows(['cat', 'dog'], [0, 1], [0, 1], [0.5, 0.5, 0.5, Number.NaN])),
    (error) =>
      isMlregError(error, 'INVALID_INPUT') &&
      error.message === `the model's score of class "dog" is NaN in row 2`,
  );
});

test('a class named like a member of every object is a class', () => {
  const { metrics } = classificationMetrics(rows(['__proto__', 'a'], [0, 1], [0, 1], [1, 0, 0, 1]));
  assert.equal(JSON.stringify(metrics['roc_auc_by_class']), '{"__proto__":1,"a":1}');
});
