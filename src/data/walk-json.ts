import type { JsonPath } from './json-columns.ts';

export type JsonKind = 'number' | 'string' | 'literal';

/**
 * A value in a record that is neither an object nor a list: of a string, `from` and `to` leave the
 * quotes out, and `escaped` says that it has backslashes. An empty object or list is a `literal`.
 */
export type OnJsonValue = (
  path: JsonPath,
  kind: JsonKind,
  from: number,
  to: number,
  escaped: boolean,
) => void;

/** Nesting that no table has; deeper records could overflow the stack. */
const mostDepth = 64;

/** Why a record is not the JSON of an object. */
export class NotJson extends Error {}

const [tab, lineFeed, carriageReturn, space, quoteMark, comma, colon] = [9, 10, 13, 32, 34, 44, 58];
const [openList, backslash, closeList, openObject, closeObject] = [91, 92, 93, 123, 125];
const number = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const literals = [Buffer.from('true'), Buffer.from('false'), Buffer.from('null')];

/** Walks through the record in `bytes[start, end)`, by RFC 8259; returns where its brace closes. */
export function walkJson(bytes: Buffer, start: number, end: number, onValue: OnJsonValue): number {
  const path: (string | number)[] = [];
  let at = start;

  function blanks(): number {
    let byte = bytes[at] as number;
    while (at < end && (byte === space || byte === tab || byte === carriageReturn || byte === lineFeed))
      byte = bytes[++at] as number;
    return at < end ? byte : -1;
  }
  function fail(): never {
    if (at >= end) throw new NotJson('not JSON: the record ends too early');
    const shown = JSON.stringify(bytes.toString('utf8', at, Math.min(end, at + 12)));
    throw new NotJson(`not JSON: unexpected ${shown}`);
  }
  /** At an opening quote: to behind the closing one; returns whether there are backslashes. */
  function string(): boolean {
    let escaped = false;
    for (at++; at < end; at++) {
      const byte = bytes[at] as number;
      if (byte === quoteMark) {
        at++;
        return escaped;
      }
      if (byte === backslash) {
        escaped = true;
        at++;
      } else if (byte < space) fail();
    }
    return fail();
  }
  function value(): void {
    const byte = blanks();
    const from = at;
    if (byte === openObject) return object();
    if (byte === openList) return list();
    if (byte === quoteMark) {
      const escaped = string();
      if (escaped) decodeJson(bytes, from + 1, at - 1);
      return onValue(path, 'string', from + 1, at - 1, escaped);
    }
    const literal = literals.find((word) => bytes.subarray(at, Math.min(end, at + word.length)).equals(word));
    if (literal !== undefined) {
      at += literal.length;
      return onValue(path, 'literal', from, at, false);
    }
    while (at < end && isNumeric(bytes[at] as number)) at++;
    const text = bytes.toString('latin1', from, at);
    number.lastIndex = 0;
    if (number.exec(text)?.[0] !== text) {
      at = from;
      fail();
    }
    onValue(path, 'number', from, at, false);
  }
  function object(): void {
    const opened = at++;
    if (path.length >= mostDepth) throw new NotJson(`nested deeper than ${mostDepth} levels`);
    if (blanks() === closeObject) {
      at++;
      if (path.length > 0) onValue(path, 'literal', opened, at, false);
      return;
    }
    for (;;) {
      if (blanks() !== quoteMark) fail();
      const from = at + 1;
      const key = string() ? decodeJson(bytes, from, at - 1) : bytes.toString('utf8', from, at - 1);
      if (blanks() !== colon) fail();
      at++;
      path.push(key);
      value();
      path.pop();
      const next = blanks();
      if (next !== comma && next !== closeObject) fail();
      at++;
      if (next === closeObject) return;
    }
  }
  function list(): void {
    const opened = at++;
    if (path.length >= mostDepth) throw new NotJson(`nested deeper than ${mostDepth} levels`);
    if (blanks() === closeList) {
      at++;
      return onValue(path, 'literal', opened, at, false);
    }
    for (let index = 0; ; index++) {
      path.push(index);
      value();
      path.pop();
      const next = blanks();
      if (next !== comma && next !== closeList) fail();
      at++;
      if (next === closeList) return;
    }
  }

  if (blanks() !== openObject) throw new NotJson(at >= end ? 'not JSON: empty' : 'not a JSON object');
  object();
  const closed = at - 1;
  if (blanks() !== -1) fail();
  return closed;
}

function isNumeric(byte: number): boolean {
  // Digits, signs, a point, an e.
  return (
    (byte >= 48 && byte <= 57) || byte === 43 || byte === 45 || byte === 46 || byte === 69 || byte === 101
  );
}

/** The text of a string with backslashes. NotJson if one of them escapes nothing. */
export function decodeJson(bytes: Buffer, from: number, to: number): string {
  try {
    return JSON.parse(`"${bytes.toString('utf8', from, to)}"`) as string;
  } catch {
    throw new NotJson('not JSON: a backslash that escapes nothing');
  }
}
