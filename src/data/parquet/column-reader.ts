import type { DuckDBVector } from '@duckdb/node-api';
import { quote } from '../../core/text/quote.ts';
import type { CellTarget, CellType, OnMissing } from '../cell-types.ts';
import { integerRanges } from '../read-cell.ts';
import { cellText } from './cell-text.ts';
import { decimalLayout } from './column-kinds.ts';
import type { ParquetColumn } from './parquet-table.ts';
import { isValid, itemsOf, validWords, viewOf } from './vector-memory.ts';

/**
 * Reads the first `count` rows of a column into their places. `reject` hears of each row whose value
 * cannot be used, and why.
 */
export type ColumnReader = (
  vector: DuckDBVector,
  count: number,
  reject: (row: number, reason: string) => void,
) => void;

/** A reader for a column whose type `checkConversion` allows for the target. */
export function columnReader(column: ParquetColumn, target: CellTarget, onMissing: OnMissing): ColumnReader {
  if (target.type === 'text') return textReader(column, target);
  if (target.type === 'string') return stringReader(column, target);
  const isFloat = target.type === 'float32' || target.type === 'float64';
  const plain = column.kind === 'double' || column.kind === 'integer';
  return isFloat && plain ? floatReader(target, onMissing) : numberReader(column, target, onMissing);
}

/** Numbers into float32 or float64, which is most of what is read. */
function floatReader({ type, into, offset, stride }: CellTarget, onMissing: OnMissing): ColumnReader {
  const floats = into as Float32Array | Float64Array;
  return (vector, count, reject) => {
    const items = itemsOf(vector) as Float64Array;
    const valid = validWords(vector);
    if (valid === null && copyFinite(items, count, floats, offset, stride)) return;
    for (let row = 0, at = offset; row < count; row++, at += stride) {
      const value = isValid(valid, row) ? (items[row] as number) : Number.NaN;
      floats[at] = value;
      if (Number.isNaN(value)) {
        if (onMissing === 'reject') reject(row, isValid(valid, row) ? 'missing (NaN)' : 'missing');
      } else if (!Number.isFinite(floats[at]) && Number.isFinite(value))
        reject(row, outOfRange(String(value), type));
    }
  };
}

/** Copies numbers; false if one is not finite in its new place. */
function copyFinite(
  items: Float64Array,
  count: number,
  into: Float32Array | Float64Array,
  offset: number,
  stride: number,
): boolean {
  // What is finite adds 0; a NaN stays.
  let odd = 0;
  for (let row = 0, at = offset; row < count; row++, at += stride) {
    into[at] = items[row] as number;
    odd += (into[at] as number) * 0;
  }
  return odd === 0;
}

/** Numbers and booleans into any type of number or bool, each value exactly or not at all. */
function numberReader(column: ParquetColumn, target: CellTarget, onMissing: OnMissing): ColumnReader {
  const { type, offset, stride, toBits = Number } = target;
  const range = integerRanges[type];
  const bigs = target.into as BigInt64Array;
  const numbers = target.into as Float64Array;
  const is64 = type === 'int64' || type === 'uint64';
  const missing = (said: string): string => {
    if (onMissing === 'reject') return said;
    return range === undefined && type !== 'bool' ? '' : `${said}, and ${type} has no NaN`;
  };
  const put = (at: number, value: number | bigint | Scaled): string => {
    if (typeof value === 'number' && Number.isNaN(value)) {
      numbers[at] = type === 'float16' ? toBits(value) : value;
      return missing('missing (NaN)');
    }
    if (range !== undefined) {
      const whole = wholeOf(value);
      if (whole === undefined) return `${quote(textOf(value))} is not an integer`;
      if (whole < range[0] || whole > range[1]) return outOfRange(textOf(value), type);
      if (is64) bigs[at] = whole;
      else numbers[at] = Number(whole);
      return '';
    }
    const number = numberOf(value);
    if (type === 'bool') {
      if (number !== 0 && number !== 1) return `${quote(textOf(value))} is neither true nor false`;
      numbers[at] = number;
      return '';
    }
    const kept = type === 'float16' ? toBits(number) : number;
    numbers[at] = kept;
    const overflows = type === 'float16' ? (kept & 0x7fff) === 0x7c00 : !Number.isFinite(numbers[at]);
    return overflows && Number.isFinite(number) ? outOfRange(textOf(value), type) : '';
  };
  return (vector, count, reject) => {
    const read = valueReader(column, vector);
    const valid = validWords(vector);
    for (let row = 0, at = offset; row < count; row++, at += stride) {
      const reason = isValid(valid, row) ? put(at, read(row)) : putMissing(at);
      if (reason !== '') reject(row, reason);
    }
  };

  function putMissing(at: number): string {
    if (range === undefined && type !== 'bool')
      numbers[at] = type === 'float16' ? toBits(Number.NaN) : Number.NaN;
    return missing('missing');
  }
}

/** An integer in steps of `10^-scale`: a decimal. */
interface Scaled {
  value: bigint;
  scale: number;
}

function valueReader(column: ParquetColumn, vector: DuckDBVector): (row: number) => number | bigint | Scaled {
  if (column.kind === 'boolean') {
    const view = viewOf(vector);
    return (row) => (view.getUint8(row) === 0 ? 0 : 1);
  }
  if (column.kind === 'decimal') return decimalReader(column, viewOf(vector));
  const items = itemsOf(vector);
  return (row) => items[row] as number | bigint;
}

function decimalReader({ type }: ParquetColumn, view: DataView): (row: number) => Scaled {
  const { bytes, scale } = decimalLayout(type);
  switch (bytes) {
    case 2:
      return (row) => ({ value: BigInt(view.getInt16(row * 2, true)), scale });
    case 4:
      return (row) => ({ value: BigInt(view.getInt32(row * 4, true)), scale });
    case 8:
      return (row) => ({ value: view.getBigInt64(row * 8, true), scale });
    case 16:
      return (row) => ({
        value: (view.getBigInt64(row * 16 + 8, true) << 64n) + view.getBigUint64(row * 16, true),
        scale,
      });
  }
}

/** The value as an integer; undefined if it is none. */
function wholeOf(value: number | bigint | Scaled): bigint | undefined {
  if (typeof value === 'bigint') return value;
  if (typeof value === 'number') return Number.isInteger(value) ? BigInt(value) : undefined;
  const step = 10n ** BigInt(value.scale);
  return value.value % step === 0n ? value.value / step : undefined;
}

/** The double that is nearest to the value. */
function numberOf(value: number | bigint | Scaled): number {
  return typeof value === 'object' ? Number(textOf(value)) : Number(value);
}

function textOf(value: number | bigint | Scaled): string {
  if (typeof value !== 'object') return String(value);
  const { value: whole, scale } = value;
  const digits = String(whole < 0n ? -whole : whole).padStart(scale + 1, '0');
  const sign = whole < 0n ? '-' : '';
  return scale === 0 ? `${sign}${digits}` : `${sign}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

function outOfRange(text: string, type: CellType): string {
  return `${quote(text)} is out of range for ${type}`;
}

/** Texts and integers into an input of strings. */
function stringReader(column: ParquetColumn, { into, offset, stride }: CellTarget): ColumnReader {
  const strings = into as string[];
  return (vector, count, reject) => {
    const valid = validWords(vector);
    const read = cellText(column, vector);
    for (let row = 0, at = offset; row < count; row++, at += stride) {
      if (!isValid(valid, row)) {
        reject(row, 'missing');
        continue;
      }
      const text = read(row);
      // onnxruntime-node ends a string at a NUL character.
      if (text.includes('\0')) reject(row, 'contains a NUL character');
      else strings[at] = text;
    }
  };
}

/** Any column as texts, each once in a dictionary. A missing value is an empty text, as in CSV. */
function textReader(
  column: ParquetColumn,
  { into, offset, stride, dictionary = new Map() }: CellTarget,
): ColumnReader {
  const codes = into as Int32Array;
  return (vector, count) => {
    const valid = validWords(vector);
    const read = cellText(column, vector);
    for (let row = 0, at = offset; row < count; row++, at += stride) {
      const text = isValid(valid, row) ? read(row) : '';
      let code = dictionary.get(text);
      if (code === undefined) dictionary.set(text, (code = dictionary.size));
      codes[at] = code;
    }
  };
}
