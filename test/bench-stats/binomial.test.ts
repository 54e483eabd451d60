import assert from 'node:assert/strict';
import { test } from 'node:test';
import { binomialCdf, binomialPmf, binomialSurvival } from '../../src/stats/distributions.ts';

/** P(Bin(n, a/b) ≤ k) for all k, as exact fractions over b^n, rounded once at the end. */
function exactCdf(n: number, a: bigint, b: bigint): number[] {
  const whole = b ** BigInt(n);
  let choose = 1n;
  let sum = 0n;
  return Array.from({ length: n + 1 }, (_, k) => {
    if (k > 0) choose = (choose * BigInt(n - k + 1)) / BigInt(k);
    sum += choose * a ** BigInt(k) * (b - a) ** BigInt(n - k);
    return Number((sum * 10n ** 40n) / whole) / 1e40;
  });
}

function close(actual: number, expected: number, relative: number, what: string): void {
  assert.ok(
    Math.abs(actual - expected) <= relative * expected + 1e-38,
    `${what}: ${actual}, not ${expected}`,
  );
}

test('the distribution function equals exact rational sums', () => {
  for (const [a, b] of [
    [1n, 2n],
    [1n, 20n],
    [19n, 20n],
    [99n, 100n],
    [999n, 1000n],
    [1n, 3n],
  ] as const) {
    for (const n of [1, 2, 7, 59, 72, 300, 1000]) {
      const p = Number(a) / Number(b);
      exactCdf(n, a, b).forEach((exact, k) => {
        close(binomialCdf(k, n, p), exact, 1e-11, `P(Bin(${n}, ${p}) ≤ ${k})`);
        assert.ok(Math.abs(binomialCdf(k, n, p) + binomialSurvival(k + 1, n, p) - 1) < 1e-12);
      });
    }
  }
});

test('the far upper tail keeps its digits', () => {
  close(binomialSurvival(100, 100, 0.05), 0.05 ** 100, 1e-12, 'P(Bin(100, 0.05) = 100)');
  close(binomialSurvival(72, 72, 0.95), 0.95 ** 72, 1e-12, 'P(Bin(72, 0.95) = 72)');
});

test('ten million trials are no trouble', () => {
  // Symmetry, and the normal limit with its continuity correction.
  const n = 10_000_001;
  close(binomialCdf((n - 1) / 2, n, 0.5), 0.5, 1e-11, 'the lower half');
  close(binomialPmf(500_000, 1e7, 0.05), 1 / Math.sqrt(2 * Math.PI * 1e7 * 0.05 * 0.95), 1e-5, 'the mode');
  close(binomialCdf(500_000 + 1350, 1e7, 0.05), 0.97497, 1e-4, '1.96 deviations above the mean');
});

test('certain and impossible events', () => {
  assert.equal(binomialCdf(-1, 10, 0.5), 0);
  assert.equal(binomialCdf(10, 10, 0.5), 1);
  assert.equal(binomialSurvival(0, 10, 0.5), 1);
  assert.equal(binomialSurvival(11, 10, 0.5), 0);
  assert.deepEqual([binomialPmf(0, 5, 0), binomialPmf(5, 5, 1), binomialPmf(6, 5, 0.5)], [1, 1, 0]);
});
