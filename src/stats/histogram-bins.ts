/**
 * Edges of bins by Sturges' rule, as numpy's `histogram_bin_edges(…, bins="sturges")`, of values
 * between `low` and `high`: the range divided by log₂ n + 1, at least 1 for integers. The last edge
 * is `high` itself. Source: H. Sturges, "The choice of a class interval" (1926).
 *
 * @param count how many values
 */
export function sturgesEdges(low: number, high: number, count: number, integer: boolean): Float64Array {
  if (low === high) return Float64Array.of(low, high);
  const natural = (high - low) / (Math.log2(count) + 1);
  const width = integer && natural < 1 ? 1 : natural;
  // A range that no double holds.
  const bins = Math.ceil((high - low) / width);
  if (!Number.isFinite(bins) || bins < 1) return Float64Array.of(low, high);
  return equalEdges(low, high, bins);
}

/** Edges of bins of equal width, as numpy's `linspace`. */
export function equalEdges(low: number, high: number, bins: number): Float64Array {
  if (low === high) return Float64Array.of(low, high);
  const range = high - low;
  // A range that no double holds.
  if (range === Infinity) return Float64Array.of(low, 0, high);
  const step = range / bins;
  const edges = Float64Array.from({ length: bins + 1 }, (_, at) => at * step + low);
  edges[bins] = high;
  return edges;
}

/**
 * Edges between tenths of the ascending values, by numpy's linear interpolation, with open ends.
 * Equal ones are one edge, so that a frequent value leaves fewer than ten bins.
 */
export function decileEdges(sorted: Float64Array): Float64Array {
  const edges = Array.from({ length: 9 }, (_, at) => interpolatedQuantile(sorted, (at + 1) / 10));
  return Float64Array.from([-Infinity, ...new Set(edges), Infinity]);
}

/** The quantile between two order statistics, as `numpy.quantile` computes it by default. */
export function interpolatedQuantile(sorted: ArrayLike<number>, p: number): number {
  const place = p * (sorted.length - 1);
  const below = Math.floor(place);
  const [left, right] = [sorted[below] ?? Number.NaN, sorted[Math.min(below + 1, sorted.length - 1)] ?? 0];
  const share = place - below;
  // From the nearer end, as numpy does, so that equal ends give themselves.
  return share < 0.5 ? left + (right - left) * share : right - (right - left) * (1 - share);
}

/** How many ascending values are in each bin, [edge, next edge); the last one has its end, too. */
export function countBins(sorted: Float64Array, edges: Float64Array): Float64Array {
  const places = Float64Array.from(edges, (edge, at) =>
    at === edges.length - 1 ? countBelow(sorted, edge, true) : countBelow(sorted, edge, false),
  );
  return Float64Array.from(
    { length: edges.length - 1 },
    (_, at) => (places[at + 1] ?? 0) - (places[at] ?? 0),
  );
}

/** How many ascending values are below a limit, or up to it. */
function countBelow(sorted: Float64Array, limit: number, including: boolean): number {
  let [from, to] = [0, sorted.length];
  while (from < to) {
    const middle = (from + to) >>> 1;
    const value = sorted[middle] as number;
    if (value < limit || (including && value === limit)) from = middle + 1;
    else to = middle;
  }
  return from;
}
