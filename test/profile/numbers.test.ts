import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { collectColumn } from '../../src/profile/column-collector.ts';
import { describeColumn } from '../../src/profile/describe-column.ts';
import { countBelow } from '../../src/profile/order-statistics.ts';
import { generated } from '../support/profiled.ts';

interface Case {
  kind: string;
  rows: number;
  mean: number;
  std: number;
  skewness: number | null;
  kurtosis: number | null;
  min: number;
  max: number;
  distinct: number;
  quantiles: Record<string, number>;
  edges: number[];
  counts: number[];
  below: [value: number, share: number][];
}

// Computed by numpy and scipy: see make_numbers.py beside it.
const path = join(import.meta.dirname, '../fixtures/profile/numbers.json');
const { cases } = JSON.parse(readFileSync(path, 'utf8')) as { cases: Case[] };

function close(found: number | null, expected: number | null, what: string, tolerance = 1e-9): void {
  if (expected === null || found === null) assert.equal(found, expected, what);
  else {
    const off = Math.abs(found - expected);
    assert.ok(off <= tolerance * Math.max(1, Math.abs(expected)), `${what}: ${found}, not ${expected}`);
  }
}

for (const known of cases) {
  const { kind, rows } = known;
  test(`the numbers of a column are numpy's and scipy's: ${kind}, ${rows} rows`, () => {
    const collector = collectColumn('x', 'numeric', 2 ** 20);
    collector.addNumbers(generated(kind, rows), 0, rows, 1);
    const state = collector.finish();
    const found = describeColumn(state);
    assert.equal(found.count, rows);
    for (const fact of ['mean', 'std', 'min', 'max'] as const) close(found[fact], known[fact], fact);
    // Where numbers lie close together far from 0, their distances have few digits.
    const digits = kind === 'far' ? 1e-5 : 1e-9;
    close(found.skewness, known.skewness, 'skewness', digits);
    close(found.kurtosis, known.kurtosis, 'kurtosis', digits);
    assert.equal(found.distinct, known.distinct);
    assert.equal(found.distinctIsExact, true);
    for (const [share, value] of Object.entries(known.quantiles))
      close(found.quantiles?.[share] ?? null, value, `quantile ${share}`, 1e-12);
    if (known.min !== known.max) {
      assert.deepEqual(found.histogram?.counts, known.counts);
      for (const [at, edge] of known.edges.entries()) close(found.histogram?.edges[at] ?? null, edge, 'edge');
    }
    for (const [value, share] of known.below) {
      const { count } = countBelow(state.numbers?.order ?? assert.fail(), value);
      assert.ok(Math.abs(count / rows - share) <= found.error + 1e-12, `share below ${value}`);
    }
    assert.equal(found.error === 0, known.distinct <= 1001);
    assert.ok(found.error < 0.0021, String(found.error));
  });
}
