import assert from 'node:assert/strict';
import { test } from 'node:test';
import { comparePairs, type BlockPair } from '../../src/stats/bootstrap.ts';
import { percentile } from '../../src/stats/quantiles.ts';
import { nextBelow, seededRandom } from '../../src/core/seeded-random.ts';
import { noisyPairs } from './noisy-runs.ts';

const choices = { statistic: 'p90', alpha: 0.05, seed: 3 } as const;

function launches(counts: readonly number[], { block = 20, slowdown = 1, seed = 1 } = {}): BlockPair[][] {
  const random = seededRandom(seed);
  return counts.map((pairs) => noisyPairs(random, { pairs, block, slowdown }));
}

/** To the nanosecond, as the bootstrap takes samples. */
const nanoseconds = (samples: readonly number[]): number[] =>
  samples.map((sample) => Math.round(sample * 1e6) / 1e6).sort((a, b) => a - b);

test('it gives what resampling the pairs one by one gives', () => {
  const pairs = launches([5, 4]);
  const random = seededRandom(3, 'pair bootstrap');
  const ratio = (drawn: readonly BlockPair[]): number =>
    percentile(nanoseconds(drawn.flatMap(({ subject }) => [...subject])), 0.9) /
    percentile(nanoseconds(drawn.flatMap(({ baseline }) => [...baseline])), 0.9);
  const ratios = Array.from({ length: 200 }, () =>
    ratio(
      pairs.flatMap((launch) =>
        launch.slice(1).flatMap(() => launch[nextBelow(random, launch.length)] ?? []),
      ),
    ),
  ).sort((a, b) => a - b);
  const logs = ratios.map(Math.log);
  const mean = logs.reduce((sum, value) => sum + value) / 200;
  const { interval, median, ...rest } = comparePairs(pairs, { ...choices, resamples: 200 });
  const { interval: own, median: none } = comparePairs(pairs, {
    ...choices,
    statistic: 'p50',
    resamples: 200,
  });
  assert.deepEqual(
    [median, none],
    [{ low: own?.low, high: own?.high }, null],
    'the medians of the same resamples',
  );
  assert.deepEqual(rest, { statistic: 'p90', runs: 180, ratio: ratio(pairs.flat()), reason: null });
  assert.ok(interval);
  assert.deepEqual([interval.low, interval.high], [ratios[4], ratios[194]]);
  const variance = logs.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 199;
  assert.ok(Math.abs(interval.logStandardError - Math.sqrt(variance)) < 1e-12);
});

test('the same seed gives the same interval, another one nearly the same', () => {
  const pairs = launches([10, 10, 10]);
  const [first, again, other] = [3, 3, 4].map((seed) => comparePairs(pairs, { ...choices, seed }).interval);
  assert.deepEqual(first, again);
  assert.notDeepEqual(first, other);
  assert.ok(Math.abs((first?.low ?? 0) - (other?.low ?? 1)) < 0.01);
});

test('a subject that is its baseline, run by run, differs by nothing', () => {
  const same = launches([4, 4]).map((launch) =>
    launch.map(({ baseline }) => ({ subject: baseline, baseline })),
  );
  const { ratio, interval } = comparePairs(same, choices);
  assert.deepEqual([ratio, interval], [1, { low: 1, high: 1, logStandardError: 0 }]);
});

test('all latencies times a constant change nothing, the arms exchanged turn the ratio over', () => {
  const pairs = launches([6, 6]).map((launch) =>
    launch.map(({ subject, baseline }) => ({
      subject: subject.map((sample) => Math.round(sample * 1e5) / 1e5),
      baseline: baseline.map((sample) => Math.round(sample * 1e5) / 1e5),
    })),
  );
  const plain = comparePairs(pairs, choices);
  const scaled = comparePairs(
    pairs.map((launch) =>
      launch.map((pair) => ({
        subject: pair.subject.map((sample) => 8 * sample),
        baseline: pair.baseline.map((sample) => 8 * sample),
      })),
    ),
    choices,
  );
  const turned = comparePairs(
    pairs.map((launch) => launch.map((pair) => ({ subject: pair.baseline, baseline: pair.subject }))),
    choices,
  );
  const near = (a = 0, b = 1): boolean => Math.abs(a - b) < 1e-9;
  assert.ok(near(scaled.ratio ?? 0, plain.ratio ?? 1));
  assert.ok(near(scaled.interval?.high, plain.interval?.high));
  assert.ok(near(1 / (turned.ratio ?? 1), plain.ratio ?? 0));
  assert.ok(near(turned.interval?.logStandardError, plain.interval?.logStandardError));
});

test('a smaller alpha gives a wider interval', () => {
  const pairs = launches([10, 10]);
  const wide = comparePairs(pairs, { ...choices, alpha: 0.01 }).interval;
  const narrow = comparePairs(pairs, { ...choices, alpha: 0.2 }).interval;
  assert.ok(wide && narrow && wide.low < narrow.low && narrow.high < wide.high);
});

test('a drift that both blocks of a pair share does not widen the interval', () => {
  const random = seededRandom(8);
  const pairs = Array.from({ length: 40 }, (_, at) => {
    const level = at % 2 === 0 ? 10 : 20;
    const block = (): Float64Array =>
      Float64Array.from({ length: 20 }, () => level + nextBelow(random, 100) / 1000);
    return { subject: block(), baseline: block() };
  });
  const { interval } = comparePairs([pairs], { ...choices, statistic: 'p50' });
  assert.ok(interval && interval.low > 0.99 && interval.high < 1.01, JSON.stringify(interval));
});

test('too few pairs give a ratio without an interval, too few runs not even that', () => {
  const few = comparePairs(launches([4, 3]), choices);
  assert.deepEqual([few.interval, few.reason], [null, 'an interval needs 8 block pairs, got 7']);
  assert.ok(few.ratio !== null);
  const alone = comparePairs(launches([1, 9]), choices);
  assert.equal(alone.interval, null);
  assert.equal(alone.reason, 'an interval needs 2 block pairs in every launch; launches with only 1: 1 of 2');
  const p99 = comparePairs(launches([7, 7], { block: 21 }), { ...choices, statistic: 'p99' });
  assert.deepEqual([p99.ratio, p99.interval], [null, null]);
  assert.equal(p99.reason, 'p99 needs 299 runs per version, got 294');
  assert.equal(comparePairs([], choices).reason, 'p90 needs 29 runs per version, got 0');
});

test('a pair that was cut short on one side is left out', () => {
  const pairs = launches([5, 5]);
  const cut = pairs.map((launch) => [
    ...launch,
    { subject: Float64Array.of(99, 99), baseline: new Float64Array(0) },
  ]);
  assert.deepEqual(comparePairs([...cut, []], choices), comparePairs(pairs, choices));
});

test('ten thousand pairs are merged with their neighbours, to much the same interval', () => {
  const random = seededRandom(21);
  const launch = (): BlockPair[] => noisyPairs(random, { pairs: 5000, block: 4, slowdown: 1.02 });
  const pairs = [launch(), launch()];
  const { interval, runs } = comparePairs(pairs, { ...choices, resamples: 200 });
  assert.equal(runs, 40_000);
  const merged = pairs.map((each) =>
    Array.from({ length: 1000 }, (_, at) => {
      const five = each.slice(5 * at, 5 * at + 5);
      return {
        subject: Float64Array.from(five.flatMap(({ subject }) => [...subject])),
        baseline: Float64Array.from(five.flatMap(({ baseline }) => [...baseline])),
      };
    }),
  );
  assert.deepEqual(interval, comparePairs(merged, { ...choices, resamples: 200 }).interval);
  assert.ok(interval && interval.low < 1.02 && interval.high > 1.02, JSON.stringify(interval));
});

test('latencies of zero are compared as a nanosecond', () => {
  const zeros = Array.from({ length: 10 }, () => ({
    subject: new Float64Array(10),
    baseline: new Float64Array(10).fill(2e-6),
  }));
  assert.equal(comparePairs([zeros], choices).ratio, 0.5);
});
