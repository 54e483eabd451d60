import { badRequest } from '../refusal.ts';

/** Where a value is in a text: `bytes[from, to)`. */
export interface Span {
  from: number;
  to: number;
}

const [tab, lineFeed, carriageReturn, space, quoteMark, comma, colon] = [9, 10, 13, 32, 34, 44, 58];
const [openList, backslash, closeList, openObject, closeObject] = [91, 92, 93, 123, 125];

/**
 * The members of the object in a span, each with the place of its value. Values are not looked into:
 * who reads one checks it. Refused if this is no object, or a key comes twice.
 */
export function membersOf(bytes: Buffer, span: Span, what: string): Map<string, Span> {
  const members = new Map<string, Span>();
  for (const at of items(bytes, span, what, openObject, closeObject)) {
    const keyEnd = skipValue(bytes, at, span.to);
    const middle = skipBlanks(bytes, keyEnd, span.to);
    if (bytes[at] !== quoteMark || bytes[middle] !== colon || middle >= span.to)
      throw notJson(bytes, at, what);
    const from = skipBlanks(bytes, middle + 1, span.to);
    const to = skipValue(bytes, from, span.to);
    if (to === from) throw notJson(bytes, from, what);
    const key = parseJson(bytes, { from: at, to: keyEnd }, what) as string;
    if (members.has(key)) throw badRequest(`${what} has the key ${JSON.stringify(key).slice(0, 80)} twice`);
    members.set(key, { from, to });
  }
  return members;
}

/** The elements of the list in a span. Refused if this is no list. */
export function elementsOf(bytes: Buffer, span: Span, what: string): Span[] {
  return [...items(bytes, span, what, openList, closeList)].map((from) => {
    const to = skipValue(bytes, from, span.to);
    if (to === from) throw notJson(bytes, from, what);
    return { from, to };
  });
}

/** The value that a body has, without the blanks around it. Refused if more follows. */
export function onlyValue(bytes: Buffer): Span {
  // A byte order mark, as some shells and editors write it.
  const start = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
  const from = skipBlanks(bytes, start, bytes.length);
  if (from === bytes.length) throw badRequest('the request is not JSON: the body is empty');
  const to = skipValue(bytes, from, bytes.length);
  const rest = skipBlanks(bytes, to, bytes.length);
  if (to === from || rest < bytes.length) throw notJson(bytes, rest, 'the request');
  return { from, to };
}

export function isList(bytes: Buffer, { from }: Span): boolean {
  return bytes[from] === openList;
}

export function isObject(bytes: Buffer, { from }: Span): boolean {
  return bytes[from] === openObject;
}

/** A value by JSON.parse. Refused if it is not JSON. */
export function parseJson(bytes: Buffer, { from, to }: Span, what: string): unknown {
  try {
    return JSON.parse(bytes.toString('utf8', from, to));
  } catch (error) {
    throw badRequest(`${what} is not JSON: ${(error as Error).message.slice(0, 200)}`);
  }
}

/** Yields where each item begins. The caller need not say where it ends. */
function* items(
  bytes: Buffer,
  { from, to }: Span,
  what: string,
  open: number,
  close: number,
): Generator<number, void, void> {
  if (bytes[from] !== open)
    throw badRequest(
      `${what} must be ${open === openList ? 'a list' : 'an object'}, not ${excerpt(bytes, from, to)}`,
    );
  let at = skipBlanks(bytes, from + 1, to);
  if (bytes[at] === close && at === to - 1) return;
  for (;;) {
    if (at >= to - 1) throw notJson(bytes, at, what);
    yield at;
    at = skipBlanks(bytes, skipValue(bytes, at, to), to);
    if (open === openObject && bytes[at] === colon)
      at = skipBlanks(bytes, skipValue(bytes, skipBlanks(bytes, at + 1, to), to), to);
    if (at === to - 1 && bytes[at] === close) return;
    if (bytes[at] !== comma) throw notJson(bytes, at, what);
    at = skipBlanks(bytes, at + 1, to);
  }
}

function notJson(bytes: Buffer, at: number, what: string): Error {
  if (at >= bytes.length) return badRequest(`${what} is not JSON: it ends too early`);
  return badRequest(`${what} is not JSON: unexpected ${excerpt(bytes, at, bytes.length)} at byte ${at}`);
}

function excerpt(bytes: Buffer, from: number, to: number): string {
  return JSON.stringify(bytes.toString('utf8', from, Math.min(to, from + 16)));
}

function skipBlanks(bytes: Buffer, from: number, end: number): number {
  let at = from;
  for (; at < end; at++) {
    const byte = bytes[at];
    if (byte !== space && byte !== lineFeed && byte !== carriageReturn && byte !== tab) break;
  }
  return at;
}

/** Where the value ends that begins at `from`; `from` if none begins there. */
function skipValue(bytes: Buffer, from: number, end: number): number {
  const first = bytes[from];
  if (first === quoteMark) return skipString(bytes, from, end);
  let at = from;
  if (first !== openList && first !== openObject) {
    for (; at < end; at++) {
      const byte = bytes[at] as number;
      if (byte <= space || byte === comma || byte === closeList || byte === closeObject || byte === colon)
        break;
    }
    return at;
  }
  let depth = 0;
  while (at < end) {
    const byte = bytes[at];
    if (byte === quoteMark) {
      at = skipString(bytes, at, end);
      continue;
    }
    at++;
    if (byte === openList || byte === openObject) depth++;
    else if ((byte === closeList || byte === closeObject) && --depth === 0) return at;
  }
  throw badRequest('the request is not JSON: it ends too early');
}

function skipString(bytes: Buffer, from: number, end: number): number {
  for (let at = from + 1; at < end; at++) {
    const byte = bytes[at];
    if (byte === backslash) at++;
    else if (byte === quoteMark) return at + 1;
  }
  throw badRequest('the request is not JSON: a string is not closed');
}
