import { badRequest } from '../refusal.ts';
import { elementsOf, isObject, type Span } from './find-json.ts';

const [lineFeed, tab] = [10, 9];

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

/** A tab is a blank like a line end, and as little allowed in a string. */
function toOneLine(record: Buffer): void {
  for (let at = record.indexOf(lineFeed); at !== -1; at = record.indexOf(lineFeed, at + 1)) record[at] = tab;
}
