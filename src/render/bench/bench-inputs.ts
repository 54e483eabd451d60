import type { BenchReport } from '../../bench/report/result.ts';
import { counted } from '../format.ts';

type Input = BenchReport['input'];

/** `X[1,64]`, or `X[1,64]…[5,64]` where cases differ; not escaped. */
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
