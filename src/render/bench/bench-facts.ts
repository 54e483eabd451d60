import type { BenchComparison, BenchReport } from '../../bench/report/result.ts';
import { percent } from '../../core/text/numbers.ts';
import { counted } from '../format.ts';

type Input = BenchReport['input'];

/** `X[1,64]`, or `X[1,64]…[5,64]` if cases differ; not escaped. */
export function inputShapes({ shapes, varying = {} }: Input): string[] {
  const shown = (shape: number[]): string => `[${shape.join(',')}]`;
  return [
    ...Object.entries(shapes).map(([name, shape]) => `${name}${shown(shape)}`),
    ...Object.entries(varying).map(
      ([name, { smallest, largest }]) => `${name}${shown(smallest)}…${shown(largest)}`,
    ),
  ];
}

export function inputSource({ source, cases = 1, seed }: Input): string {
  if (source === 'synthetic') return `synthetic, seed ${seed}`;
  const where = source === 'golden' ? 'the golden set' : 'the file';
  return cases === 1 ? `1 case of ${where}` : `${counted(cases, 'case')} of ${where}, used in turn`;
}

/** `1.024`, or `?` if there are too few runs. */
export function ratioFigure({ ratio }: BenchComparison): string {
  return ratio === null ? '?' : ratio.toFixed(3);
}

/**
 * The uncertainty of the ratio: ` (1.001 – 1.042), look 1 of 3; smallest detectable increase 2%`.
 */
export function ratioCertainty({ low, high, look, minimumDetectable }: BenchComparison): string {
  const interval = low === null || high === null ? '' : ` (${low.toFixed(3)} – ${high.toFixed(3)})`;
  const detectable =
    minimumDetectable === null ? '' : `; smallest detectable increase ${percent(minimumDetectable, 2)}`;
  return `${interval}, look ${look} of 3${detectable}`;
}
