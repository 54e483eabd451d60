import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { chiSquareTest, zTest } from '../../src/stats/category-tests.ts';
import { correctPvalues } from '../../src/stats/corrections.ts';
import { divergences } from '../../src/stats/divergences.ts';
import { countBins, decileEdges, sturgesEdges } from '../../src/stats/histogram-bins.ts';
import { kolmogorovGreater } from '../../src/stats/ks-distribution.ts';
import { ksTest } from '../../src/stats/kolmogorov-smirnov.ts';
import { sortNumbers } from '../../src/stats/sort-numbers.ts';
import { specialFunctions } from '../../src/stats/special.ts';
import { populationDeviation, sampleDistances } from '../../src/stats/two-sample-distances.ts';

const folder = join(import.meta.dirname, '../fixtures/drift');
const read = (name: string): unknown => JSON.parse(readFileSync(join(folder, name), 'utf8'));

/** Values of scipy 1.17.1 and numpy 2.4.6. */
const scipy = read('scipy.json') as {
  exact: [n: number, m: number, distance: number, pvalue: number][];
  kstwo: [n: number, distance: number, pvalue: number][];
  categories: Record<'reference' | 'current', number[]>[] &
    Record<'chi2' | 'pvalue' | 'js' | 'kl' | 'psi' | 'hellinger', number>[];
  samples: {
    a: number[];
    b: number[];
    wasserstein: number;
    ks: number;
    pvalue: number;
    std: number;
    edges: number[];
    intEdges: number[];
    deciles: number[];
    counts: [number[], number[]];
  }[];
  pvalues: number[];
  bh: number[];
};

interface Golden {
  n1: number;
  n2: number;
  shift: number;
  nbins: number;
  psi: number;
  kl: number;
  js: number;
  wass: number;
  ks_D: number;
  ks_p: number;
}

function near(value: number, expected: number, tolerance: number, what = ''): void {
  const scale = Math.abs(expected) < 1e-15 ? 1e-15 / tolerance : Math.abs(expected);
  assert.ok(Math.abs(value - expected) <= tolerance * scale, `${what}: ${value}, not ${expected}`);
}

function generated(seed: number, count: number, shift: number): Float64Array {
  let state = seed;
  return Float64Array.from({ length: count }, () => {
    state = Number((1664525n * BigInt(state) + 1013904223n) % 2n ** 32n);
    return state / 2 ** 32 + shift;
  }).sort();
}

for (const [name, golden] of Object.entries(read('golden.json') as Record<string, Golden>))
  test(`the generated samples ${name} have the expected distances`, () => {
    const reference = generated(42, golden.n1, 0);
    const current = generated(7, golden.n2, golden.shift);
    const { ks, wasserstein } = sampleDistances(reference, current);
    const { statistic, pvalue } = ksTest(ks, golden.n1, golden.n2);
    assert.equal(statistic, golden.ks_D);
    near(pvalue, golden.ks_p, 1e-9, 'p');
    const low = Math.min(reference[0] ?? 0, current[0] ?? 0);
    const high = Math.max(reference.at(-1) ?? 0, current.at(-1) ?? 0);
    const edges = sturgesEdges(low, high, golden.n1 + golden.n2, false);
    assert.equal(edges.length - 1, golden.nbins);
    const found = divergences({
      reference: countBins(reference, edges),
      current: countBins(current, edges),
    });
    near(found.psi, golden.psi, 1e-10, 'PSI');
    near(found.kl, golden.kl, 1e-10, 'KL');
    near(found.js, golden.js, 1e-10, 'JS');
    near(wasserstein / populationDeviation(reference), golden.wass, 1e-10, 'Wasserstein');
  });

test('exact p-values of KS are those of scipy, for sizes that divide each other or not', () => {
  for (const [n, m, distance, pvalue] of scipy.exact) {
    const found = ksTest(distance, n, m);
    assert.equal(found.mode, 'exact');
    assert.equal(found.statistic, distance);
    near(found.pvalue, pvalue, 1e-9, `${n}, ${m}, ${distance}`);
  }
});

test('asymptotic p-values of KS are those of scipy in every regime', () => {
  for (const [n, distance, pvalue] of scipy.kstwo)
    near(kolmogorovGreater(n, distance), pvalue, 1e-9, `${n}, ${distance}`);
});

test('the size of an asymptotic test is rounded half to even', () => {
  // nm/(n + m) is 2.5 and 3.5.
  for (const [n, m, size] of [
    [20_000, 20_000 / 7999, 2],
    [17_500, 17_500 / 4999, 4],
  ] as const)
    assert.equal(ksTest(0.4, n, m).pvalue, kolmogorovGreater(size, 0.4));
});

test('χ², PSI, KL, JS and Hellinger of categories are those of scipy', async () => {
  const special = await specialFunctions();
  for (const { reference, current, chi2, pvalue, psi, kl, js, hellinger } of scipy.categories) {
    const counts = { reference, current };
    const found = { ...divergences(counts), ...chiSquareTest(counts, special) };
    near(found.statistic, chi2, 1e-10, 'χ²');
    near(found.pvalue, pvalue, 1e-9, 'p');
    assert.equal(found.df, reference.length - 1);
    near(found.psi, psi, 1e-10, 'PSI');
    near(found.kl, kl, 1e-10, 'KL');
    near(found.js, js, 1e-10, 'JS');
    near(found.hellinger, hellinger, 1e-10, 'Hellinger');
  }
});

test('a category that only one side has is told, never NaN', async () => {
  const special = await specialFunctions();
  const appeared = { reference: [10, 0], current: [8, 2] };
  const gone = { reference: [10, 5], current: [9, 0] };
  assert.deepEqual(chiSquareTest(appeared, special), { statistic: Infinity, pvalue: 0, df: 1 });
  assert.ok(Number.isFinite(chiSquareTest(gone, special).statistic));
  for (const counts of [
    appeared,
    gone,
    { reference: [3], current: [5] },
    { reference: [3, 0], current: [0, 4] },
  ])
    for (const [name, value] of Object.entries(divergences(counts)))
      assert.ok(Number.isFinite(value) && value >= 0, `${name} ${value}`);
  assert.deepEqual(zTest({ reference: [7, 0], current: [9, 0] }, special), { statistic: 0, pvalue: 1 });
  // 400 rows of one category against 300 of another, which a difference from 1 would call 0.
  near(zTest({ reference: [400, 0], current: [0, 300] }, special).pvalue, 2.99022697512445e-154, 1e-9);
});

test('distances, bins and quantiles of rounded samples are those of scipy and numpy', () => {
  for (const sample of scipy.samples) {
    const a = Float64Array.from(sample.a).sort();
    const b = Float64Array.from(sample.b).sort();
    const { ks, wasserstein } = sampleDistances(a, b);
    const { statistic, pvalue } = ksTest(ks, a.length, b.length);
    assert.equal(statistic, sample.ks);
    near(pvalue, sample.pvalue, 1e-9);
    near(wasserstein, sample.wasserstein, 1e-12);
    assert.deepEqual(sampleDistances(b, a).ks, ks);
    near(populationDeviation(a), sample.std, 1e-12);
    const [low, high] = [Math.min(a[0] ?? 0, b[0] ?? 0), Math.max(a.at(-1) ?? 0, b.at(-1) ?? 0)];
    const edges = sturgesEdges(low, high, a.length + b.length, false);
    assert.deepEqual([...edges], sample.edges);
    assert.deepEqual([[...countBins(a, edges)], [...countBins(b, edges)]], sample.counts);
    assert.deepEqual([...decileEdges(a)].slice(1, -1), [...new Set(sample.deciles)]);
    const whole = [...sample.a, ...sample.b].map((value) => Math.round(value * 3));
    const ends = [Math.min(...whole), Math.max(...whole)] as const;
    assert.deepEqual([...sturgesEdges(...ends, whole.length, true)], sample.intEdges);
  }
});

test('p-values are corrected as published', () => {
  const found = correctPvalues(scipy.pvalues, 'bh');
  for (const [at, p] of found.entries()) near(p, scipy.bh[at] ?? 0, 1e-12);
  // Holm 1979: 4 × .01, 3 × .02, 2 × .03, .04, each at least the one before.
  const four = [0.04, 0.01, 0.03, 0.02];
  for (const [at, p] of correctPvalues(four, 'holm').entries())
    near(p, [0.06, 0.04, 0.06, 0.06][at] ?? 0, 1e-12);
  assert.deepEqual(correctPvalues(four, 'bonferroni'), [0.16, 0.04, 0.12, 0.08]);
  assert.deepEqual(correctPvalues([], 'holm'), []);
});

test('sorting numbers gives what sorting gives, with zeros, negatives and shared digits', () => {
  let state = 9;
  const random = (): number => (state = (state * 48271) % 2147483647) / 2147483647;
  const kinds = [
    () => random() - 0.5,
    () => Math.fround(random()),
    () => -random(),
    () => Math.round(random() * 4) - 2,
    () => (random() - 0.5) * 10 ** (random() * 600 - 300),
    () => 7,
    () => (random() < 0.5 ? -0 : 0),
  ];
  for (const count of [0, 1, 100, 5000])
    for (const make of kinds) {
      const values = Float64Array.from({ length: count }, make);
      const expected = values.map((value) => value + 0).sort();
      assert.deepEqual(sortNumbers(values, new Float64Array(count + 3)), expected);
    }
});
