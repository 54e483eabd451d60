import { seededRandom } from '../core/seeded-random.ts';
import { percentile } from './quantiles.ts';
import { drawUnits, indexSamples, resampledPercentile } from './resampled-percentiles.ts';

export interface BootstrapChoices {
  alpha: number;
  seed: number;
  resamples?: number;
}

/**
 * Enough blocks to draw from. In a usual measurement each is 40 ms long, so that a disturbance of
 * the machine fits into one.
 */
const mostBlocks = 256;

/**
 * Percentile-bootstrap interval of each p-quantile, for samples that depend on their neighbours.
 * Draws blocks of consecutive samples with replacement, as many from each series as it has, so that
 * dependent samples stay together. Blocks are n^(1/3) samples long, or longer if there would be
 * more than 256 of them. Samples are rounded to nanoseconds. Sources: H. R. Künsch, "The jackknife
 * and the bootstrap for general stationary observations" (1989); E. Carlstein (1986) for blocks
 * that do not overlap.
 *
 * @param series milliseconds in the order they were taken, one array per launch, below 9 hours each
 */
export function bootstrapQuantiles(
  series: readonly Float64Array[],
  ps: readonly number[],
  { alpha, seed, resamples = 2000 }: BootstrapChoices,
): { low: number; high: number }[] {
  const launches = cutIntoBlocks(series);
  const index = indexSamples(launches.flat().map((block) => [block]));
  const strata = launches.map(({ length }) => length);
  const random = seededRandom(seed, 'block bootstrap');
  const drawn = ps.map(() => new Float64Array(resamples));
  const weights = new Uint32Array(index.sizes.length);
  for (let at = 0; at < resamples; at++) {
    drawUnits(random, strata, weights);
    ps.forEach((p, which) => {
      const values = drawn[which];
      if (values !== undefined) values[at] = resampledPercentile(index, weights, p);
    });
  }
  return drawn.map((values) => {
    values.sort();
    return { low: percentile(values, alpha / 2), high: percentile(values, 1 - alpha / 2) };
  });
}

function cutIntoBlocks(series: readonly Float64Array[]): Float64Array[][] {
  const total = series.reduce((sum, samples) => sum + samples.length, 0);
  const room = Math.max(1, mostBlocks - series.length);
  const length = Math.max(Math.ceil(Math.cbrt(total)), Math.ceil(total / room));
  return series.map((samples) =>
    Array.from({ length: Math.ceil(samples.length / length) }, (_, at) =>
      samples.subarray(at * length, (at + 1) * length),
    ),
  );
}
