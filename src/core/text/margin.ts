import { MlregError } from '../errors.ts';
import { quote } from './quote.ts';

/** A difference: of a number itself, or a share of it. */
export type Margin = { kind: 'absolute' | 'relative'; by: number };

/** The form of a margin: `0.01`, or `1%`. */
export const marginShape = /^(\d{1,12}(?:\.\d{1,12})?)(%?)$/;

/** `0.01`: that much; `1%`: a hundredth of the number. INVALID_INPUT for anything else. */
export function parseMargin(text: string): Margin {
  const [, digits, percent] = marginShape.exec(text) ?? [];
  if (digits === undefined) {
    throw new MlregError('INVALID_INPUT', `${quote(text)} is neither a number nor a percentage`, {
      hint: 'use for example 0.01, or 1% of the value itself',
    });
  }
  return percent === '%'
    ? { kind: 'relative', by: Number(digits) / 100 }
    : { kind: 'absolute', by: Number(digits) };
}

export function formatMargin({ kind, by }: Margin): string {
  return kind === 'absolute' ? String(by) : `${Number((by * 100).toPrecision(12))}%`;
}
