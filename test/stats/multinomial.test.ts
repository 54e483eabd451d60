import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '../../src/core/seeded-random.ts';
import { binomialPmf } from '../../src/stats/distributions.ts';
import { drawBinomial, drawMultinomial } from '../../src/stats/multinomial.ts';
import { specialFunctions } from '../../src/stats/special.ts';

/** p-value of the χ² test of draws against the probabilities of Bin(n, p). */
async function goodness(n: number, p: number, draws: number, seed: number): Promise<number> {
  const random = seededRandom(seed);
  const observed = new Float64Array(n + 1);
  for (let draw = 0; draw < draws; draw++) {
    const count = drawBinomial(random, n, p);
    observed[count] = (observed[count] ?? 0) + 1;
  }
  let [statistic, cells, seen, expected] = [0, 0, 0, 0];
  for (let count = 0; count <= n; count++) {
    seen += observed[count] ?? 0;
    expected += draws * binomialPmf(count, n, p);
    if (expected < 20) continue;
    statistic += (seen - expected) ** 2 / expected;
    cells++;
    [seen, expected] = [0, 0];
  }
  return (await specialFunctions()).chiSquareGreater(statistic, cells - 1);
}

for (const [n, p] of [
  [1, 0.3],
  [50, 0.01],
  [30, 0.5],
  [1000, 0.009],
  [1000, 0.02],
  [400, 0.5],
  [300, 0.97],
  [100_000, 0.3],
] as const)
  test(`draws are from Bin(${n}, ${p})`, async () => {
    const chance = await goodness(n, p, 50_000, 17);
    assert.ok(chance > 1e-3, `p = ${chance}`);
  });

test('the edges of the binomial are certain', () => {
  const random = seededRandom(1);
  assert.deepEqual(
    [drawBinomial(random, 0, 0.5), drawBinomial(random, 9, 0), drawBinomial(random, 9, 1)],
    [0, 0, 9],
  );
});

test('a multinomial draws as many as there are, each kind by its share, none of an empty kind', () => {
  const random = seededRandom(5);
  const counts = [0, 600, 1, 0, 300, 99, 0];
  const sums = counts.map(() => 0);
  const products = counts.map(() => 0);
  const drawn = new Uint32Array(counts.length);
  const repeats = 4000;
  for (let repeat = 0; repeat < repeats; repeat++) {
    drawMultinomial(random, counts, drawn);
    assert.equal(
      drawn.reduce((sum, count) => sum + count, 0),
      1000,
    );
    drawn.forEach((count, kind) => {
      sums[kind] = (sums[kind] ?? 0) + count;
      products[kind] = (products[kind] ?? 0) + count * (drawn[1] ?? 0);
    });
  }
  for (const [kind, count] of counts.entries()) {
    const mean = (sums[kind] ?? 0) / repeats;
    const error = Math.sqrt((count * (1 - count / 1000)) / repeats);
    assert.ok(Math.abs(mean - count) <= 4 * error, `mean of kind ${kind}: ${mean}`);
  }
  const covariance = (products[4] ?? 0) / repeats - ((sums[4] ?? 0) * (sums[1] ?? 0)) / repeats ** 2;
  assert.ok(Math.abs(covariance + 180) < 15, `kinds compete: ${covariance}, not -n·p·q = -180`);
});
