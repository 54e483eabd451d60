import { createScanner, SyntaxKind } from 'jsonc-parser';
import { MlregError } from './errors.ts';
import { quote } from './quote.ts';

export interface JsonLimits {
  /** What the text is, for error messages: `metadata.json`. */
  what: string;
  maxBytes: number;
  maxDepth: number;
}

const forbiddenKeys = new Set(['__proto__', 'constructor', 'prototype']);

/**
 * JSON (RFC 8259) from a source that is not trusted. JSON.parse lets pass what loses data or does harm later: this
 * refuses duplicate keys, keys that reach an object's prototype, numbers outside a double's range, text that is no
 * well-formed Unicode, NUL, and anything nested deeper or larger than the limits. INVALID_INPUT names the place.
 */
export function parseStrictJson(text: string, limits: JsonLimits): unknown {
  const bytes = new TextEncoder().encode(text).length;
  if (bytes > limits.maxBytes) {
    throw refuse(limits, `it has ${bytes} bytes, the most is ${limits.maxBytes}`, 'keep large data beside the model, as a file');
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    const reason = cause instanceof Error ? quote(cause.message).slice(1, -1) : 'unreadable';
    throw new MlregError('INVALID_INPUT', `${limits.what} is not valid JSON: ${reason}`, {
      hint: 'JSON has no NaN, Infinity, comments or trailing commas',
      cause,
    });
  }
  checkTokens(text, limits);
  return value;
}

/** One pass over the tokens of text that JSON.parse has accepted. */
function checkTokens(text: string, limits: JsonLimits): void {
  const scanner = createScanner(text, true);
  const open: (Set<string> | null)[] = [];
  let keyExpected = false;
  for (let token = scanner.scan(); token !== SyntaxKind.EOF; token = scanner.scan()) {
    if (token === SyntaxKind.OpenBraceToken || token === SyntaxKind.OpenBracketToken) {
      open.push(token === SyntaxKind.OpenBraceToken ? new Set() : null);
      if (open.length > limits.maxDepth) throw refuse(limits, `it is nested deeper than ${limits.maxDepth} levels`, 'flatten it');
      keyExpected = token === SyntaxKind.OpenBraceToken;
    } else if (token === SyntaxKind.CloseBraceToken || token === SyntaxKind.CloseBracketToken) {
      open.pop();
      keyExpected = false;
    } else if (token === SyntaxKind.CommaToken) {
      keyExpected = open.at(-1) instanceof Set;
    } else if (token === SyntaxKind.NumericLiteral) {
      checkNumber(scanner.getTokenValue(), limits);
    } else if (token === SyntaxKind.StringLiteral) {
      const string = scanner.getTokenValue();
      checkString(string, limits);
      const keys = open.at(-1);
      if (keyExpected && keys instanceof Set) checkKey(string, keys, limits);
      keyExpected = false;
    }
  }
}

function checkNumber(literal: string, limits: JsonLimits): void {
  if (Number.isFinite(Number(literal))) return;
  throw refuse(limits, `the number ${quote(literal)} does not fit a double`, 'give finite numbers');
}

function checkString(string: string, limits: JsonLimits): void {
  if (string.includes('\0')) throw refuse(limits, `${quote(string)} holds a NUL character`, 'leave it out');
  if (!string.isWellFormed()) throw refuse(limits, `${quote(string)} holds half of a surrogate pair`, 'write well-formed Unicode');
}

function checkKey(key: string, keys: Set<string>, limits: JsonLimits): void {
  if (forbiddenKeys.has(key)) throw refuse(limits, `the key ${quote(key)} is not allowed`, 'use another name');
  if (keys.has(key)) throw refuse(limits, `the key ${quote(key)} stands twice in one object`, 'keep one of them');
  keys.add(key);
}

function refuse(limits: JsonLimits, why: string, hint: string): MlregError {
  return new MlregError('INVALID_INPUT', `${limits.what} is refused: ${why}`, { hint });
}
