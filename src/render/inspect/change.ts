import type { Change } from '../../core/metadata/metric-change.ts';
import { shownResult } from '../../core/text/numbers.ts';
import type { Style } from '../view.ts';

/**
 * `better` and `worse` by the direction that the metric's name implies; `plain` if it implies none.
 */
export type Tone = 'better' | 'worse' | 'plain';

export function toneOf({ better }: Change): Tone {
  return better === null ? 'plain' : better ? 'better' : 'worse';
}

/**
 * `+0.0037 (+0.38%)`, `=` for no difference; empty if there is nothing to compare. `shown` formats
 * the difference.
 */
export function changeText(
  { delta, relative }: Change,
  shown: (value: number) => string = (value) => shownResult(value, 3),
): string {
  if (delta === null) return '';
  if (delta === 0) return '=';
  return `${signed(delta, shown)}${relative === null ? '' : ` (${percent(relative)})`}`;
}

/** A share as `+0.38%`; empty for none. */
export function percent(relative: number | null): string {
  return relative === null || relative === 0
    ? ''
    : `${signed(100 * relative, (value) => shownResult(value, 2))}%`;
}

function signed(value: number, shown: (value: number) => string): string {
  return `${value < 0 ? '-' : '+'}${shown(Math.abs(value))}`;
}

/** The mark before a change, so that it can be read without colour. */
export const marks: Record<Tone, string> = { better: '✓', worse: '✗', plain: ' ' };

export function paint(tone: Tone, text: string, { color }: Style): string {
  if (tone === 'plain') return color.dim(text);
  return tone === 'better' ? color.green(text) : color.red(text);
}
