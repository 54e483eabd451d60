import { MlregError } from '../core/errors.ts';
import { quote } from '../core/text/quote.ts';

export const comparators = ['>=', '<=', '==', '!=', '=', '>', '<'] as const;
/** `==` is stored as `=`. */
export type Comparator = Exclude<(typeof comparators)[number], '=='>;
export const orderings = ['>=', '<=', '>', '<'] as const;
export type Ordering = (typeof orderings)[number];

/** A position in the text of gates. */
export interface Scanner {
  /** The source of the text, for errors: `--require`. */
  what: string;
  text: string;
  /** Offset, from 0. */
  at: number;
}

export function skipBlanks(scanner: Scanner): void {
  take(scanner, /\s*/y);
}

/** Takes what `pattern` (sticky) matches at the position, and moves past it. */
export function take(scanner: Scanner, pattern: RegExp): string | undefined {
  pattern.lastIndex = scanner.at;
  const found = pattern.exec(scanner.text)?.[0];
  if (found !== undefined) scanner.at += found.length;
  return found;
}

/** Takes a text in double or single quotes; inside, the quote is doubled. */
export function takeQuoted(scanner: Scanner): string | undefined {
  const mark = scanner.text[scanner.at];
  if (mark !== '"' && mark !== "'") return undefined;
  const start = scanner.at;
  const found = take(scanner, mark === '"' ? /"(?:[^"]|"")*"/y : /'(?:[^']|'')*'/y);
  if (found === undefined) {
    scanner.at = scanner.text.length;
    throw unexpected(scanner, `a closing ${mark} (opened at character ${start + 1})`);
  }
  return found.slice(1, -1).replaceAll(`${mark}${mark}`, mark);
}

/** Takes a comparator, which must be one of the allowed ones. */
export function takeComparator<Allowed extends Comparator>(
  scanner: Scanner,
  allowed: readonly Allowed[],
): Allowed {
  skipBlanks(scanner);
  const start = scanner.at;
  const written = comparators.find((one) => scanner.text.startsWith(one, scanner.at));
  const found = allowed.find((one) => one === (written === '==' ? '=' : written));
  if (found !== undefined && written !== undefined) {
    scanner.at += written.length;
    return found;
  }
  scanner.at = start;
  throw unexpected(scanner, allowed.length === 1 ? `"${allowed[0]}"` : `one of ${allowed.join(' ')}`);
}

const hint =
  'for example auc>=0.85, auc>=production-0.005, p95<20ms, size<100MB, golden (mlreg help policies)';

/** INVALID_INPUT with the position, the text found there, and what was expected. */
export function unexpected({ what, text, at }: Scanner, expected: string, help = hint): MlregError {
  const rest = text.slice(at);
  const word = /^(?:[\w.]+|\s*\S)/.exec(rest)?.[0] ?? rest;
  const found = rest.trim() === '' ? 'at the end' : `at character ${at + 1}, found ${quote(word)}`;
  return new MlregError('INVALID_INPUT', `${what} ${quote(text)}: expected ${expected} ${found}`, {
    hint: help,
    details: { position: at + 1, expected },
  });
}
