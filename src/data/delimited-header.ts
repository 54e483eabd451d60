import { isUtf8 } from 'node:buffer';
import { MlregError } from '../core/errors.ts';
import { cutDelimited } from './read-blocks.ts';

const [lineFeed, carriageReturn, quoteMark] = [10, 13, 34];
const byteOrderMark = [0xef, 0xbb, 0xbf];

/** The first record of a table in CSV or TSV. */
export interface DelimitedHeader {
  columns: string[];
  /** Its bytes, without a byte order mark and the end of the line. */
  start: number;
  end: number;
  /** Where the rows begin. */
  next: number;
  /** Line ends before the rows. */
  lines: number;
}

/**
 * Reads the header at the start of a table. INVALID_INPUT, with `what` as its name, for a table
 * without one, in UTF-16, or with lines that end with CR alone.
 */
export function readHeader(bytes: Buffer, end: number, delimiter: number, what: string): DelimitedHeader {
  const refuse = (why: string, hint: string): MlregError =>
    new MlregError('INVALID_INPUT', `${what} ${why}`, { hint });
  const start = byteOrderMark.every((byte, at) => bytes[at] === byte) ? byteOrderMark.length : 0;
  const lineEnd = firstRecordEnd(bytes, start, end, delimiter);
  let stop = lineEnd;
  if (stop > start && bytes[stop - 1] === carriageReturn) stop--;
  const header = bytes.subarray(start, stop);
  if (header.length === 0)
    throw refuse('has no header: its first line is empty', 'name the columns in the first line');
  if (header.includes(0))
    throw refuse(
      'is not UTF-8 text: its first line contains NUL bytes, as UTF-16 does',
      'convert it: iconv -f UTF-16 -t UTF-8',
    );
  if (!isUtf8(header))
    throw refuse('is not UTF-8 text: see its first line', 'convert it: iconv -f LATIN1 -t UTF-8');
  const columns = splitHeader(header, delimiter)?.map(({ name, quoted }) => (quoted ? name : name.trim()));
  if (columns !== undefined && columns.length > mostColumns)
    throw refuse(
      `has ${columns.length} columns; the limit is ${mostColumns}`,
      'if its rows are columns, transpose it; else split long vectors into several inputs',
    );
  if (columns === undefined)
    throw refuse('has a header with a quote that is not closed', 'close it, or remove it');
  if (columns.some((name) => name.includes('\r')))
    throw refuse('has lines that end with CR alone', "convert it: tr '\\r' '\\n'");
  const next = Math.min(lineEnd + 1, end);
  return {
    columns,
    start,
    end: stop,
    next,
    lines: bytes.subarray(0, next).filter((byte) => byte === lineFeed).length,
  };
}

/** As many as the pixels of an image; each takes some kilobytes while rows are read. */
export const mostColumns = 200_000;

function firstRecordEnd(bytes: Buffer, start: number, end: number, delimiter: number): number {
  const cut = cutDelimited(delimiter);
  for (let at = start; ;) {
    const newline = bytes.indexOf(lineFeed, at);
    if (newline === -1 || newline >= end) return end;
    // Whole if the cut up to this newline ends there.
    if (cut(bytes.subarray(start, newline + 1), newline + 1 - start) === newline + 1 - start) return newline;
    at = newline + 1;
  }
}

/** The names in a header line that was read, with the blanks around them. */
export function namesAsWritten(header: Buffer, delimiter: number): string[] {
  return (splitHeader(header, delimiter) ?? []).map(({ name }) => name);
}

/** Undefined if a quote is not closed. */
function splitHeader(header: Buffer, delimiter: number): { name: string; quoted: boolean }[] | undefined {
  const names: { name: string; quoted: boolean }[] = [];
  for (let at = 0; ;) {
    let end = at;
    if (header[at] === quoteMark) {
      for (end = at + 1; ; end++) {
        if (end >= header.length) return undefined;
        if (header[end] !== quoteMark) continue;
        if (header[end + 1] !== quoteMark) break;
        end++;
      }
      names.push({ name: header.toString('utf8', at + 1, end).replaceAll('""', '"'), quoted: true });
      end++;
    }
    const stop = header.indexOf(delimiter, end);
    const last = stop === -1 ? header.length : stop;
    if (header[at] !== quoteMark) names.push({ name: header.toString('utf8', at, last), quoted: false });
    if (stop === -1) return names;
    at = stop + 1;
  }
}
