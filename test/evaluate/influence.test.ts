import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nextDouble, seededRandom } from '../../src/core/seeded-random.ts';
import { classScores, type ClassifiedRows } from '../../src/evaluate/metrics/classified-rows.ts';
import { rowLosses } from '../../src/evaluate/metrics/probability-metrics.ts';
import { meanStatistics, regressionStatistics } from '../../src/evaluate/resampling/mean-statistics.ts';
import { rankStatistics } from '../../src/evaluate/resampling/rank-statistics.ts';
import { standardError, type RowStatistics } from '../../src/evaluate/resampling/row-statistics.ts';
import { assertClose, generatedRows, readCases } from '../support/evaluated-cases.ts';

function scoresOf(rows: ClassifiedRows): NonNullable<ReturnType<typeof classScores>> {
  const scores = classScores(rows);
  assert.ok(scores);
  return scores;
}

function classified(classes: number, rows: number): ClassifiedRows {
  return generatedRows(
    Array.from({ length: classes }, (_, at) => `class ${at}`),
    rows,
    classes,
  );
}

/** Compares each influence with what a slightly larger weight of the row does. */
function assertDerivative(statistics: RowStatistics, rows: number): void {
  const weight = 1e6;
  const weights = new Uint32Array(rows).fill(weight);
  const before = statistics.resampled(weights);
  const influences = statistics.influences() ?? [];
  assert.equal(influences.length, statistics.names.length);
  for (let row = 0; row < rows; row += 7) {
    weights[row] = weight + 100;
    const after = statistics.resampled(weights);
    weights[row] = weight;
    for (const [at, name] of statistics.names.entries()) {
      const moved = (((after[at] ?? 0) - (before[at] ?? 0)) / 100) * weight * rows;
      const influence = influences[at]?.perRow[row] ?? Number.NaN;
      assert.ok(
        Math.abs(moved - influence) <= 1e-3 * (1 + Math.abs(influence)),
        `${name} of row ${row}: ${influence}, not ${moved}`,
      );
    }
  }
}

for (const classes of [2, 4])
  test(`influences are derivatives: ranks of ${classes} classes`, () => {
    const rows = classified(classes, 150);
    assertDerivative(rankStatistics(rows, scoresOf(rows)), 150);
  });

test('influences are derivatives: losses', () => {
  const rows = classified(3, 90);
  const { log, brier } = rowLosses(rows.target, scoresOf(rows), 3);
  assertDerivative(meanStatistics({ log_loss: log, brier }), 90);
});

test('influences are derivatives: errors of numbers', () => {
  const random = seededRandom(4);
  const target = Float64Array.from({ length: 120 }, () => 20 + 5 * nextDouble(random));
  const predicted = target.map((value) => value + nextDouble(random) * 3 - 1);
  assertDerivative(regressionStatistics({ target, predicted }), 120);
});

test('with two classes, the error of an area is that of DeLong', () => {
  for (const { target, baseline, ownError } of readCases('delong') as {
    target: number[];
    baseline: number[];
    ownError: number;
  }[]) {
    const rows: ClassifiedRows = {
      labels: ['0', '1'],
      target: Int32Array.from(target),
      predicted: Int32Array.from(target),
      probabilities: { classes: Int32Array.of(1), values: Float32Array.from(baseline) },
    };
    const [area] = rankStatistics(rows, scoresOf(rows)).influences() ?? [];
    assert.ok(area);
    assertClose(standardError(area), ownError, 'standard error');
  }
});
