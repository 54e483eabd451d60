import { visit } from 'jsonc-parser';
import { MlregError } from '../errors.ts';
import { parseExactJson } from './exact-json.ts';
import { invalidInput } from './invalid-input.ts';
import { quote } from '../text/quote.ts';

export interface JsonLimits {
  /** What the text is, for error messages: `metadata.json`. */
  what: string;
  maxBytes: number;
  maxDepth: number;
  /**
   * Return integers that no double can represent as `RawNumber`s. Otherwise they are rounded, or
   * refused if they exceed a double's range.
   */
  exactIntegers?: boolean;
  /** The hint for a text that is not JSON. Default: JSON's usual mistakes. */
  syntaxHint?: string;
}

const lfsPointer = /^version https:\/\/git-lfs\.github\.com\//;
const forbiddenKeys = new Set(['__proto__', 'constructor', 'prototype']);

/**
 * JSON (RFC 8259) from an untrusted source. JSON.parse accepts texts that lose data or do harm
 * later. This refuses duplicate keys, keys that reach an object's prototype, numbers outside a
 * double's range, text that is not well-formed Unicode, NUL, and anything nested deeper or larger
 * than the limits. INVALID_INPUT names the place.
 */
export function parseStrictJson(text: string, limits: JsonLimits): unknown {
  const bytes = new TextEncoder().encode(text).length;
  if (bytes > limits.maxBytes) {
    throw refuse(
      limits,
      `it has ${bytes} bytes; the limit is ${limits.maxBytes}`,
      'store large data as a file next to the model',
    );
  }
  let value: unknown;
  try {
    value = limits.exactIntegers === true ? parseExactJson(text) : JSON.parse(text);
  } catch (cause) {
    const reason = cause instanceof Error ? quote(cause.message).slice(1, -1) : 'invalid value';
    throw new MlregError('INVALID_INPUT', `${limits.what} is not valid JSON: ${reason}`, {
      hint: lfsPointer.test(text)
        ? 'it is a Git LFS pointer: run git lfs pull to get the file'
        : (limits.syntaxHint ?? 'JSON has no NaN, Infinity, comments or trailing commas'),
      cause,
    });
  }
  checkTokens(text, limits);
  return value;
}

/** One pass over text that JSON.parse has accepted; stops at the first level that is too deep. */
function checkTokens(text: string, limits: JsonLimits): void {
  const open: Set<string>[] = [];
  const enter = (): void => {
    open.push(new Set());
    if (open.length > limits.maxDepth)
      throw refuse(limits, `it is nested more than ${limits.maxDepth} levels deep`, 'flatten it');
  };
  const leave = (): void => void open.pop();
  visit(text, {
    onObjectBegin: enter,
    onObjectEnd: leave,
    onArrayBegin: enter,
    onArrayEnd: leave,
    onObjectProperty: (key) => {
      checkString(key, limits);
      checkKey(key, open.at(-1) ?? new Set(), limits);
    },
    onLiteralValue: (value) => {
      if (typeof value === 'string') checkString(value, limits);
      if (typeof value === 'number' && limits.exactIntegers !== true) checkNumber(value, limits);
    },
  });
}

function checkNumber(value: number, limits: JsonLimits): void {
  if (Number.isFinite(value)) return;
  throw refuse(limits, 'it contains a number that does not fit a double', 'use finite numbers');
}

function checkString(string: string, limits: JsonLimits): void {
  if (string.includes('\0')) throw refuse(limits, `${quote(string)} contains a NUL character`, 'remove it');
  if (!string.isWellFormed())
    throw refuse(limits, `${quote(string)} contains an unpaired surrogate`, 'use valid Unicode');
}

function checkKey(key: string, keys: Set<string>, limits: JsonLimits): void {
  if (forbiddenKeys.has(key)) throw refuse(limits, `key ${quote(key)} is not allowed`, 'use a different key');
  if (keys.has(key)) throw refuse(limits, `duplicate key ${quote(key)}`, 'remove one of them');
  keys.add(key);
}

function refuse(limits: JsonLimits, why: string, hint: string): MlregError {
  return invalidInput(limits.what, why, hint);
}
