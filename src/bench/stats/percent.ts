import { shownResult } from '../../core/text/shown-number.ts';

/** A share as text, `0.05` as `5%`. */
export function percent(share: number, digits = 4): string {
  return `${shownResult(share * 100, digits)}%`;
}
