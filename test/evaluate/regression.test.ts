import assert from 'node:assert/strict';
import { test } from 'node:test';
import { regressionMetrics } from '../../src/evaluate/metrics/regression.ts';
import { assertClose, readCases, type Expected } from '../support/evaluated-cases.ts';

interface RegressionCase {
  name: string;
  target: number[];
  predicted: number[];
  expected: Expected;
}

for (const { name, target, predicted, expected } of readCases('regression') as RegressionCase[]) {
  test(`metrics equal scikit-learn's: ${name}`, () => {
    const { metrics, undefinedMetrics } = regressionMetrics({
      target: Float64Array.from(target),
      predicted: Float64Array.from(predicted),
    });
    assert.deepEqual(Object.keys(metrics), Object.keys(expected));
    for (const [metric, value] of Object.entries(metrics)) {
      assertClose(value, expected[metric], metric);
      assert.equal(metric in undefinedMetrics, value === null, metric);
    }
  });
}

test('what is undefined says why', () => {
  const reasons = (target: number[], predicted: number[]): Record<string, string> =>
    regressionMetrics({ target: Float64Array.from(target), predicted: Float64Array.from(predicted) })
      .undefinedMetrics;
  assert.deepEqual(reasons([1], [2]), { r2: 'one row has no spread to explain' });
  assert.equal(reasons([], [])['mae'], 'there are no rows');
  assert.equal(reasons([1, 2], [1, Number.NaN])['rmse'], 'the prediction of row 2 is NaN');
  assert.equal(reasons([1, 2], [1, 1e300])['rmse'], 'the errors are beyond the range of float64');
});
