import { histogram } from '../../bench/stats/histogram.ts';
import { latency } from '../format.ts';
import type { Style } from '../view.ts';

/**
 * A bar per bucket of latencies in milliseconds; the longest fills the remaining width of the
 * terminal, at most 40 columns.
 */
export function latencyBars(samples: Float64Array[], buckets: number, { color, width }: Style): string[] {
  const all = new Float64Array(samples.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const launch of samples) {
    all.set(launch, at);
    at += launch.length;
  }
  const { edges, counts } = histogram(all, buckets);
  const labels = counts.map(
    (_, index) => `${latency(edges[index] ?? 0)} – ${latency(edges[index + 1] ?? 0)}`,
  );
  const labelWidth = Math.max(0, ...labels.map((label) => label.length));
  const longest = Math.max(10, Math.min(40, width - labelWidth - 14));
  const most = Math.max(1, ...counts);
  return counts.map((count, index) => {
    const bar = barOf((longest * count) / most);
    return `  ${color.dim((labels[index] ?? '').padStart(labelWidth))}  ${color.cyan(bar)} ${color.dim(count.toLocaleString('en'))}`;
  });
}

/** Drawn in eighths of a column; a bucket that is not empty is always visible. */
function barOf(columns: number): string {
  const eighths = columns > 0 ? Math.max(1, Math.round(8 * columns)) : 0;
  return '█'.repeat(Math.floor(eighths / 8)) + ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'][eighths % 8];
}
