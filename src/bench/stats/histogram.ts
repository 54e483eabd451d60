export interface Histogram {
  scale: 'linear' | 'log';
  /**
   * One more than the counts, ascending. A bucket holds edge ≤ x < next edge; the last one includes
   * its upper edge.
   */
  edges: number[];
  counts: number[];
}

/**
 * If the longest sample is this many times the shortest, buckets of equal width would put nearly
 * all samples into one bucket.
 */
const wide = 8;

/**
 * Counts samples in at most `buckets` buckets of equal width or, over a wide range of positive
 * samples, of equal ratio. Counts every sample. Fewer than two different values give one bucket.
 */
export function histogram(samples: Float64Array, buckets = 20): Histogram {
  if (samples.length === 0) return { scale: 'linear', edges: [], counts: [] };
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  for (const sample of samples) {
    if (sample < min) min = sample;
    if (sample > max) max = sample;
  }
  if (min === max) return { scale: 'linear', edges: [min, max], counts: [samples.length] };

  const scale = min > 0 && max / min >= wide ? 'log' : 'linear';
  const position = scale === 'log' ? Math.log : (value: number): number => value;
  const value = scale === 'log' ? Math.exp : (at: number): number => at;
  const from = position(min);
  const step = (position(max) - from) / buckets;
  const edges = Array.from({ length: buckets + 1 }, (_, at) => value(from + at * step));
  // Exactly the extremes, without the rounding errors of log and exp.
  edges[0] = min;
  edges[buckets] = max;
  const counts = Array.from({ length: buckets }, () => 0);
  for (const sample of samples) {
    let bucket = Math.max(0, Math.min(buckets - 1, Math.floor((position(sample) - from) / step)));
    // Rounding may choose a neighbouring bucket; the edges decide.
    while (bucket > 0 && sample < (edges[bucket] ?? min)) bucket--;
    while (bucket < buckets - 1 && sample >= (edges[bucket + 1] ?? max)) bucket++;
    counts[bucket] = (counts[bucket] ?? 0) + 1;
  }
  return { scale, edges, counts };
}
