import { visit } from 'jsonc-parser';
import { isRawNumber } from '../json/exact-json.ts';
import { invalidInput } from '../json/invalid-input.ts';
import { parseStrictJson } from '../json/strict-json.ts';
import { isHeldByDouble } from '../text/numbers.ts';
import { quote } from '../text/quote.ts';
import { hasControlCharacters, maxKeyLength, paramKeepsDigits, wouldRound } from './metadata-words.ts';

const maxDepth = 32;

/**
 * Parses a JSON object of numbers, such as an evaluation writes: metrics by name. The keys of
 * nested objects are joined by dots. INVALID_INPUT names the first key that has no finite number,
 * or cannot be a part of a name; it is also the error for a file without a number, and for one
 * whose keys are all among `metadataKeys`.
 */
export function parseMetricsFile(
  json: string,
  what: string,
  maxBytes: number,
  metadataKeys: readonly string[] = [],
): Record<string, number> {
  refuseNaN(json, what);
  const value = parseStrictJson(json, { what, maxBytes, maxDepth, exactIntegers: true });
  if (!isObject(value)) {
    throw invalidInput(what, 'it must be a JSON object of numbers', 'for example {"accuracy": 0.97}');
  }
  if ('metrics' in value && Object.keys(value).every((key) => metadataKeys.includes(key))) {
    const hint = 'did you mean --metadata? A metrics file has the numbers without "metrics" around them';
    throw invalidInput(what, 'its keys are those of a metadata file', hint);
  }
  const metrics = new Map<string, number>();
  for (const [name, leaf, keys] of leavesOf(value)) {
    refuseName(name, keys, what);
    if (metrics.has(name)) {
      throw invalidInput(
        what,
        `duplicate metric ${quote(name)}`,
        'keys are joined by dots: rename one of them',
      );
    }
    metrics.set(name, numberOf(name, leaf, what));
  }
  if (metrics.size === 0) throw invalidInput(what, 'it has no number', 'for example {"accuracy": 0.97}');
  return Object.fromEntries(metrics);
}

function refuseName(name: string, keys: readonly string[], what: string): void {
  const why = keys.includes('')
    ? 'a key is empty'
    : hasControlCharacters(name)
      ? 'a key has control characters'
      : name.length > maxKeyLength
        ? `with the dots it has more than ${maxKeyLength} characters`
        : undefined;
  if (why !== undefined)
    throw invalidInput(what, `${quote(name)}: ${why}`, 'use a different name for the metric');
}

/**
 * The numbers in an object, by their keys joined by dots; undefined if it has anything else, or
 * nothing.
 */
export function flatNumbers(value: unknown): Record<string, number> | undefined {
  if (!isObject(value)) return undefined;
  const leaves = leavesOf(value);
  const numbers = leaves.flatMap(([name, leaf]) => (typeof leaf === 'number' ? [[name, leaf] as const] : []));
  return numbers.length > 0 && numbers.length === leaves.length ? Object.fromEntries(numbers) : undefined;
}

type Leaf = [name: string, leaf: unknown, keys: readonly string[]];

function leavesOf(value: object, before: readonly string[] = []): Leaf[] {
  return Object.entries(value).flatMap(([key, item]): Leaf[] => {
    const keys = [...before, key];
    return isObject(item) ? leavesOf(item, keys) : [[keys.join('.'), item, keys]];
  });
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !isRawNumber(value);
}

function numberOf(name: string, leaf: unknown, what: string): number {
  if (typeof leaf === 'number' && Number.isFinite(leaf)) return leaf;
  const number = isRawNumber(leaf) ? leaf.rawJSON : undefined;
  if (number !== undefined && isHeldByDouble(number)) return Number(number);
  if (number !== undefined)
    throw invalidInput(what, `${quote(name)}: ${wouldRound(number)}`, paramKeepsDigits);
  const kind = leaf === null ? 'null' : Array.isArray(leaf) ? 'an array' : `a ${typeof leaf}`;
  const shown = typeof leaf === 'number' ? 'a number that does not fit a double' : kind;
  const hint = 'keep only numbers in the file; for other facts use --param, --tag or --metadata';
  throw invalidInput(what, `${quote(name)}: expected a finite number, not ${shown}`, hint);
}

/** Python writes NaN and Infinity, which are not JSON: a parser would only name their position. */
function refuseNaN(json: string, what: string): void {
  let at: (string | number)[] = [];
  let depth = 0;
  // The visitor is recursive.
  const enter = (): void => {
    depth += 1;
    if (depth > maxDepth)
      throw invalidInput(what, `it is nested more than ${maxDepth} levels deep`, 'flatten it');
  };
  const leave = (): void => void (depth -= 1);
  visit(json, {
    onObjectBegin: enter,
    onObjectEnd: leave,
    onArrayBegin: enter,
    onArrayEnd: leave,
    onObjectProperty: (key, _offset, _length, _line, _column, pathOf) => void (at = [...pathOf(), key]),
    onError: (_code, offset) => {
      const word = /^-?(?:NaN|Infinity)\b/.exec(json.slice(offset, offset + 9))?.[0];
      if (word === undefined || at.length === 0) return;
      const hint = 'leave it out, or find out why the evaluation has no result';
      throw invalidInput(what, `${quote(at.join('.'))}: ${word} is not a finite number`, hint);
    },
  });
}
