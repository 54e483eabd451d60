import { isRoundedInteger } from '../text/numbers.ts';

/**
 * The spelling of a number in a JSON text, for a number that no double can represent.
 * `JSON.stringify` writes it with the same digits.
 */
export interface RawNumber {
  readonly rawJSON: string;
}

/** TypeScript's library does not declare this yet (ECMAScript, JSON.parse source text access). */
const json = JSON as unknown as {
  parse(
    text: string,
    reviver: (key: string, value: unknown, context: { source?: string }) => unknown,
  ): unknown;
  rawJSON(text: string): RawNumber;
  isRawJSON(value: unknown): value is RawNumber;
};

/** As JSON.parse, but an integer that a double would round becomes a `RawNumber`. */
export function parseExactJson(text: string): unknown {
  return json.parse(text, (_key, value, { source }) =>
    typeof value === 'number' && source !== undefined && isRoundedInteger(source)
      ? json.rawJSON(source)
      : value,
  );
}

export function isRawNumber(value: unknown): value is RawNumber {
  return json.isRawJSON(value);
}

/** The value with every `RawNumber` replaced by a string of its digits. */
export function withDigitsAsText(value: unknown): unknown {
  if (isRawNumber(value)) return value.rawJSON;
  if (Array.isArray(value)) return value.map(withDigitsAsText);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withDigitsAsText(item)]));
}

/**
 * JSON without whitespace and with sorted keys, so that equal values give equal texts. Every digit
 * is kept.
 */
export function exactJsonText(value: unknown): string {
  return JSON.stringify(sorted(value));
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null || isRawNumber(value)) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, item]) => [key, sorted(item)]));
}
