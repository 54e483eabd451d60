import { badRequest } from '../refusal.ts';
import { elementsOf, isObject, type Span } from './find-json.ts';

const [lineFeed, tab, comma, openObject, colon, closeObject] = [10, 9, 44, 123, 58, 125];

/**
 * A list of records as JSON lines, which is what `data/` reads: the text of each record in a line of
 * its own, so that no digit of a number is lost.
 */
export function recordLines(bytes: Buffer, list: Span, what: string): Buffer {
  const records = elementsOf(bytes, list, what);
  // Each is followed by a comma or a bracket in the text.
  const lines = Buffer.allocUnsafe(list.to - list.from + 1);
  let at = 0;
  records.forEach((record, index) => {
    if (!isObject(bytes, record))
      throw badRequest(`${what}[${index}] must be an object of values by column name: {"age": 41, …}`);
    const end = at + bytes.copy(lines, at, record.from, record.to);
    toOneLine(lines.subarray(at, end));
    lines[end] = lineFeed;
    at = end + 1;
  });
  return lines.subarray(0, at);
}

/** Names of columns and lists of values, as pandas writes them with `orient="split"`. */
export function splitLines(bytes: Buffer, columns: readonly string[], list: Span, what: string): Buffer {
  const keys = columns.map((name) => Buffer.from(JSON.stringify(name)));
  const rows = elementsOf(bytes, list, what).map((row, index) => {
    const values = elementsOf(bytes, row, `${what}[${index}]`);
    if (values.length === columns.length) return values;
    throw badRequest(`${what}[${index}] has ${values.length} values for ${columns.length} columns`);
  });
  const perRow = keys.reduce((sum, key) => sum + key.length + 2, 3);
  const lines = Buffer.allocUnsafe(rows.length * perRow + list.to - list.from);
  let at = 0;
  for (const values of rows) {
    const start = at;
    lines[at++] = openObject;
    values.forEach((value, column) => {
      if (column > 0) lines[at++] = comma;
      at += (keys[column] as Buffer).copy(lines, at);
      lines[at++] = colon;
      at += bytes.copy(lines, at, value.from, value.to);
    });
    lines[at++] = closeObject;
    toOneLine(lines.subarray(start, at));
    lines[at++] = lineFeed;
  }
  return lines.subarray(0, at);
}

/** A tab is a blank like a line end, and as little allowed in a string. */
function toOneLine(record: Buffer): void {
  for (let at = record.indexOf(lineFeed); at !== -1; at = record.indexOf(lineFeed, at + 1)) record[at] = tab;
}
