import type { BenchComparison } from '../../bench/report/result.ts';
import { percent } from '../../core/text/shown-number.ts';

/** `1.024`, or `?` where there are too few runs. */
export function ratioFigure({ ratio }: BenchComparison): string {
  return ratio === null ? '?' : ratio.toFixed(3);
}

/** How sure the ratio is: ` (1.001 – 1.042), look 1 of 3; smallest detectable increase 2%`. */
export function ratioCertainty({ low, high, look, minimumDetectable }: BenchComparison): string {
  const interval = low === null || high === null ? '' : ` (${low.toFixed(3)} – ${high.toFixed(3)})`;
  const detectable =
    minimumDetectable === null ? '' : `; smallest detectable increase ${percent(minimumDetectable, 2)}`;
  return `${interval}, look ${look} of 3${detectable}`;
}
