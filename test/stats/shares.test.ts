import assert from 'node:assert/strict';
import { test } from 'node:test';
import { wilsonInterval } from '../../src/stats/interval.ts';
import { mcnemar, pairedDifference } from '../../src/stats/paired-shares.ts';
import { assertClose, readCases } from '../support/evaluated-cases.ts';

test("Wilson's interval is scipy's", () => {
  const cases = readCases('shares') as { hits: number; rows: number; low: number; high: number }[];
  for (const { hits, rows, low, high } of cases) {
    const interval = wilsonInterval(hits, rows);
    assertClose(interval?.low, low, `low of ${hits} of ${rows}`);
    assertClose(interval?.high, high, `high of ${hits} of ${rows}`);
  }
  assert.equal(wilsonInterval(0, 0), null);
});

test("McNemar's p-value is scipy's exact binomial test", () => {
  for (const { p, ...counts } of readCases('mcnemar') as {
    baselineOnly: number;
    candidateOnly: number;
    p: number;
  }[]) {
    const found = mcnemar({ both: 7, neither: 2, ...counts });
    assert.ok(Math.abs(found - p) <= 1e-10 * p, `${counts.baselineOnly}, ${counts.candidateOnly}: ${found}`);
  }
});

test('the interval of a paired difference is that of examples in print', () => {
  const rounded = (both: number, candidateOnly: number, baselineOnly: number, neither: number): string => {
    const { low, high } = pairedDifference({ both, candidateOnly, baselineOnly, neither });
    return `${low.toFixed(4)} ${high.toFixed(4)}`;
  };
  assert.equal(rounded(36, 12, 2, 0), '0.0569 0.3404', 'Newcombe 1998');
  assert.equal(rounded(1, 1, 7, 12), '-0.5069 -0.0256', 'Fagerland, Lydersen, Laake 2013');
});

test('the interval of a paired difference turns around with the sides, and stays within -1 to 1', () => {
  const there = pairedDifference({ both: 20, candidateOnly: 5, baselineOnly: 1, neither: 4 });
  const back = pairedDifference({ both: 20, candidateOnly: 1, baselineOnly: 5, neither: 4 });
  assertClose(there.low, -back.high, 'low');
  assertClose(there.high, -back.low, 'high');
  const all = pairedDifference({ both: 0, candidateOnly: 30, baselineOnly: 0, neither: 0 });
  assert.ok(all.low > 0.8 && all.high === 1);
  const same = pairedDifference({ both: 30, candidateOnly: 0, baselineOnly: 0, neither: 0 });
  assert.ok(same.low < 0 && same.high > 0, 'equal on 30 rows does not mean equal');
});
