import { isUtf8 } from 'node:buffer';
import { cellReader } from './read-cell.ts';
import { type CellReader, type OnMissing, targetsByColumn } from './cell-types.ts';
import { powersOfTen } from './float-text.ts';
import type { RejectedRow, RowBatch, RowScanner, ScanPlan } from './row-batch.ts';

const [tab, lineFeed, carriageReturn, quoteMark, minus, dot, zero] = [9, 10, 13, 34, 45, 46, 48];
const [upperE, lowerE, plus, comma] = [69, 101, 43, 44];

export const delimiters = { csv: comma, tsv: tab } as const;

/** Rejected rows are handed over before a batch is full, if there are this many. */
const mostRejected = 4096;

/** How a column is read: not at all, as one float32, or in the general way. */
const [unread, asFloat, asAny] = [0, 1, 2];

/** The largest number that rounds to a finite float32. */
const largestFloat = 3.4028235677973362e38;
/**
 * Up to 19 digits in a double are off by less than four roundings, and the scaling adds one: if
 * both ends of that interval round to the same float32, so does the exact number.
 */
const slack = 2e-15;

/**
 * Reads CSV and TSV by RFC 4180, with LF or CRLF. A quote opens a cell only where the cell begins;
 * elsewhere it is a character like others. Blank lines are skipped. Cells are numbers as `Number`
 * reads them, rounded to the type.
 */
export function delimitedScanner(
  { columns, targets }: ScanPlan,
  delimiter: number,
  onMissing: OnMissing,
): RowScanner {
  const width = columns.length;
  const byColumn = targetsByColumn(targets, width);
  const readers: CellReader[][] = byColumn.map((own) => own.map((target) => cellReader(target, onMissing)));
  const floats = byColumn.map((own) => {
    return own.length === 1 && own[0]?.type === 'float32' ? own[0] : null;
  });
  const kinds = Uint8Array.from(columns, (_, column) =>
    floats[column] ? asFloat : (readers[column]?.length ?? 0) > 0 ? asAny : unread,
  );
  const none = new Float32Array(0);
  const floatInto = floats.map((target) => (target?.into ?? none) as Float32Array);
  const floatOffset = Int32Array.from(floats, (target) => target?.offset ?? 0);
  const floatStride = Int32Array.from(floats, (target) => target?.stride ?? 0);
  /** Of each column, the next one that is no neighbour in the same array, or the last one. */
  const floatsUntil = new Int32Array(width);
  for (let column = width - 2; column >= 0; column--) {
    const [own, next] = [floats[column], floats[column + 1]];
    const together = own?.into === next?.into && own?.stride === next?.stride;
    floatsUntil[column] = !own
      ? 0
      : together && column < width - 2
        ? (floatsUntil[column + 1] as number)
        : column + 1;
  }

  let bytes: Buffer = Buffer.alloc(1, lineFeed);
  let end = 0;
  let position = 0;
  let line = 0;
  let valid = true;
  let rejected: RejectedRow[] = [];
  /** The column after those that `readFloats` has read. */
  let reached = 0;

  function open(given: Uint8Array, length: number): void {
    bytes = Buffer.from(given.buffer, given.byteOffset, given.byteLength);
    end = length;
    position = 0;
    line = 0;
    valid = isUtf8(bytes.subarray(0, end));
  }

  function fill(batch: RowBatch): boolean {
    let row = 0;
    while (row < batch.capacity && position < end && rejected.length < mostRejected)
      if (readRow(batch, row)) row++;
    batch.count = row;
    return row > 0 || position < end;
  }

  /**
   * Reads the cells from `start` on that are plain decimals, each with a delimiter behind it, in the
   * columns from `first` on that belong to the same array. Nearly all time is spent here. Returns
   * where the next cell begins, and leaves its column in `reached`.
   */
  function readFloats(start: number, first: number, row: number, bounds: Int32Array | null): number {
    const block = bytes;
    // V8 would keep what comes as an argument in another form than a 32-bit integer.
    let at = start | 0;
    let column = first | 0;
    let next = (block[at] as number) - zero;
    const into = floatInto[first] as Float32Array;
    const base = row * (floatStride[first] as number);
    const until = floatsUntil[first] as number;
    const behind = delimiter - zero;
    for (; column < until; column++) {
      let place = at;
      let digit = next;
      const negative = digit === minus - zero;
      if (negative) digit = (block[++place] as number) - zero;
      const from = place;
      // Integers are faster than floats; what overflows is not used.
      let mantissa = 0;
      while (digit >>> 0 < 10) {
        mantissa = (Math.imul(mantissa, 10) + digit) | 0;
        digit = (block[++place] as number) - zero;
      }
      let decimals = place;
      if (digit === dot - zero) {
        decimals++;
        digit = (block[++place] as number) - zero;
        while (digit >>> 0 < 10) {
          mantissa = (Math.imul(mantissa, 10) + digit) | 0;
          digit = (block[++place] as number) - zero;
        }
      }
      const length = place - from;
      // Something else follows, or there are no digits, or too many.
      if (digit !== behind || length === 0 || length > 18) break;
      if (length === 1 && decimals === place && block[from] === dot) break;
      const value =
        length > 9
          ? longDecimal(block, from, decimals, place)
          : mantissa / (powersOfTen[place - decimals] as number);
      if (value < 0) break;
      into[base + (floatOffset[column] as number)] = negative ? -value : value;
      if (bounds !== null) {
        bounds[(row * width + column) * 2] = at;
        bounds[(row * width + column) * 2 + 1] = place;
      }
      at = place + 1;
      next = (block[at] as number) - zero;
    }
    reached = column;
    return at;
  }

  /** Reads the next row; false if it is blank or rejected. */
  function readRow({ starts, ends, nexts, bounds }: RowBatch, row: number): boolean {
    const block = bytes;
    const last = end;
    let at = position;
    let byte = block[at] as number;
    if (byte === lineFeed || (byte === carriageReturn && block[at + 1] === lineFeed)) {
      position = at + (byte === lineFeed ? 1 : 2);
      line++;
      return false;
    }
    const start = at;
    const firstLine = line;
    let column = 0;
    let reason = '';
    let badColumn = -1;
    for (;;) {
      let kind = column < width ? (kinds[column] as number) : unread;
      if (kind === asFloat && column < (floatsUntil[column] as number)) {
        at = readFloats(at, column, row, bounds);
        column = reached;
        kind = kinds[column] as number;
      }
      const cell = at;
      if (kind === asFloat) {
        byte = block[at] as number;
        const negative = byte === minus;
        if (negative) byte = block[++at] as number;
        let mantissa = 0;
        let digits = -at;
        while (byte >= zero && byte <= 57) {
          mantissa = mantissa * 10 + (byte - zero);
          byte = block[++at] as number;
        }
        digits += at;
        let power = 0;
        if (byte === dot) {
          power = ++at;
          byte = block[at] as number;
          while (byte >= zero && byte <= 57) {
            mantissa = mantissa * 10 + (byte - zero);
            byte = block[++at] as number;
          }
          power -= at;
          digits -= power;
        }
        if ((byte === lowerE || byte === upperE) && digits > 0) {
          byte = block[++at] as number;
          const down = byte === minus;
          if (down || byte === plus) byte = block[++at] as number;
          let exponent = 0;
          const from = at;
          while (byte >= zero && byte <= 57 && exponent < 1000) {
            exponent = exponent * 10 + (byte - zero);
            byte = block[++at] as number;
          }
          // Without digits it is not a number: the general way says so.
          power = at === from ? 1000 : power + (down ? -exponent : exponent);
        }
        if (
          digits > 0 &&
          digits <= 19 &&
          power >= -22 &&
          power <= 22 &&
          (byte === delimiter || byte === lineFeed || (byte === carriageReturn && block[at + 1] === lineFeed))
        ) {
          const value =
            power < 0
              ? mantissa / (powersOfTen[-power] as number)
              : mantissa * (powersOfTen[power] as number);
          if (
            value <= largestFloat &&
            (digits <= 15 || Math.fround(value * (1 - slack)) === Math.fround(value * (1 + slack)))
          ) {
            (floatInto[column] as Float32Array)[
              row * (floatStride[column] as number) + (floatOffset[column] as number)
            ] = negative ? -value : value;
            if (bounds !== null) {
              bounds[(row * width + column) * 2] = cell;
              bounds[(row * width + column) * 2 + 1] = at;
            }
            if (byte === delimiter) {
              at++;
              column++;
              continue;
            }
            if (byte === carriageReturn) at++;
            break;
          }
        }
        at = cell;
      }
      // The general way: find where the cell ends, then read it.
      let [from, to] = [at, at];
      let quoted = false;
      let doubled = false;
      let trouble = '';
      if (block[at] === quoteMark) {
        quoted = true;
        at++;
        for (;;) {
          byte = block[at] as number;
          if (byte === quoteMark) {
            if (block[at + 1] !== quoteMark) break;
            doubled = true;
            at++;
          } else if (byte === lineFeed) {
            if (at >= last) break;
            line++;
          }
          at++;
        }
        [from, to] = [from + 1, at];
        if (byte === quoteMark) {
          byte = block[++at] as number;
          if (byte === carriageReturn && block[at + 1] === lineFeed) byte = block[++at] as number;
          if (byte !== delimiter && byte !== lineFeed) trouble = 'text follows a closing quote';
        } else trouble = 'a quote is not closed';
      }
      while ((byte = block[at] as number) !== delimiter && byte !== lineFeed) at++;
      if (!quoted) {
        to = at;
        if (byte === lineFeed && to > from && block[to - 1] === carriageReturn) to--;
      }
      if (bounds !== null && column < width) {
        bounds[(row * width + column) * 2] = cell;
        bounds[(row * width + column) * 2 + 1] =
          byte === lineFeed && at > cell && block[at - 1] === carriageReturn ? at - 1 : at;
      }
      if (trouble === '' && reason === '' && kind !== unread) {
        for (const read of readers[column] as CellReader[]) {
          trouble ||= read(block, from, to, row, quoted, doubled);
        }
      }
      if (trouble !== '' && reason === '') {
        reason = trouble;
        badColumn = column;
      }
      if (byte === lineFeed) break;
      at++;
      column++;
    }
    // At the end of the line, or at the newline after the last byte.
    const rowEnd = at > start && block[at - 1] === carriageReturn ? at - 1 : at;
    if (column + 1 !== width && reason !== 'a quote is not closed') {
      reason = `${column + 1} ${column === 0 ? 'field' : 'fields'}, ${width} expected`;
      badColumn = -1;
    } else if (reason === '' && !valid && !isUtf8(block.subarray(start, rowEnd))) {
      reason = 'not UTF-8';
      badColumn = columnThat(block, start, rowEnd, (from, to) => !isUtf8(block.subarray(from, to)));
    }
    at = Math.min(at + 1, last);
    line++;
    position = at;
    if (reason !== '') {
      rejected.push({ line: firstLine, column: badColumn, reason, start, end: rowEnd });
      return false;
    }
    starts[row] = start;
    ends[row] = rowEnd;
    nexts[row] = at;
    return true;
  }

  /** The first column of a row whose bytes do what `test` says; -1 if none does. */
  function columnThat(
    block: Buffer,
    start: number,
    rowEnd: number,
    test: (from: number, to: number) => boolean,
  ): number {
    let column = 0;
    let from = start;
    let inside = false;
    for (let at = start; at <= rowEnd; at++) {
      const byte = at === rowEnd ? delimiter : block[at];
      if (byte === quoteMark) inside = inside ? block[at + 1] !== quoteMark || (at++, true) : at === from;
      else if (at === rowEnd || (byte === delimiter && !inside)) {
        if (test(from, at)) return column;
        column++;
        from = at + 1;
      }
    }
    return -1;
  }

  return {
    open,
    fill,
    takeRejected() {
      const taken = rejected;
      rejected = [];
      return taken;
    },
    lines: () => line,
  };
}

/**
 * Ten to eighteen digits, of which those from `decimals` on stand behind a point, as a number that
 * rounds to the same float32 as they do; -1 if that cannot be told.
 */
function longDecimal(block: Buffer, from: number, decimals: number, to: number): number {
  let at = from;
  let high = 0;
  let digits = 0;
  for (; digits < 9 && at < to; at++) {
    const digit = (block[at] as number) - zero;
    if (digit === dot - zero) continue;
    high = (Math.imul(high, 10) + digit) | 0;
    digits++;
  }
  let low = 0;
  const middle = digits;
  for (; at < to; at++) {
    const digit = (block[at] as number) - zero;
    if (digit === dot - zero) continue;
    low = (Math.imul(low, 10) + digit) | 0;
    digits++;
  }
  const mantissa = high * (powersOfTen[digits - middle] as number) + low;
  const value = mantissa / (powersOfTen[to - decimals] as number);
  return digits <= 15 || Math.fround(value * (1 - slack)) === Math.fround(value * (1 + slack)) ? value : -1;
}
