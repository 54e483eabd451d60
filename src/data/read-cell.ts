import { decimal } from '../core/text/numbers.ts';
import { quote } from '../core/text/quote.ts';
import type { CellReader, CellTarget, CellType, OnMissing } from './cell-types.ts';
import { infinity, looseNumberReader, missingWords } from './read-number.ts';

const whole = /^[+-]?\d+(?:\.0*)?$/;
const yes = /^(?:true|t|1(?:\.0*)?)$/i;
const no = /^(?:false|f|0(?:\.0*)?)$/i;
/** No integer type has more digits; longer texts take long to convert. */
const mostDigits = 100;

/** The lowest and the highest number of each type of integers. */
export const integerRanges: Partial<Record<CellType, readonly [low: bigint, high: bigint]>> = {
  int8: [-(2n ** 7n), 2n ** 7n - 1n],
  int16: [-(2n ** 15n), 2n ** 15n - 1n],
  int32: [-(2n ** 31n), 2n ** 31n - 1n],
  int64: [-(2n ** 63n), 2n ** 63n - 1n],
  uint8: [0n, 2n ** 8n - 1n],
  uint16: [0n, 2n ** 16n - 1n],
  uint32: [0n, 2n ** 32n - 1n],
  uint64: [0n, 2n ** 64n - 1n],
};

/** Whether a cell says a number: true or false; null if it is missing. */
export function isNumberLike(text: string): boolean | null {
  const word = text.trim();
  return missingWords.has(word) ? null : decimal.test(word) || infinity.test(word);
}

export function cellReader(target: CellTarget, onMissing: OnMissing): CellReader {
  const { type, into, offset, stride, toBits = Number } = target;
  if (type === 'text' || type === 'string') return textReader(target);
  if (type === 'number') return looseNumberReader(target);
  const numbers = into as Exclude<typeof into, string[] | BigInt64Array | BigUint64Array>;
  const bigs = into as BigInt64Array;
  const range = integerRanges[type];
  const is64 = type === 'int64' || type === 'uint64';

  return (bytes, from, to, row) => {
    const text = trimmed(bytes, from, to);
    const at = row * stride + offset;
    if (missingWords.has(text)) {
      const said = text === '' ? 'missing' : `missing (${text})`;
      if (onMissing === 'reject') return said;
      if (range !== undefined || type === 'bool') return `${said}, and ${type} has no NaN`;
      numbers[at] = type === 'float16' ? toBits(Number.NaN) : Number.NaN;
      return '';
    }
    if (type === 'bool') {
      if (!yes.test(text) && !no.test(text)) return `${quoted(text)} is neither true nor false`;
      numbers[at] = yes.test(text) ? 1 : 0;
      return '';
    }
    if (range !== undefined) {
      const value = asInteger(text);
      if (typeof value === 'string') return value;
      if (value < range[0] || value > range[1]) return `${quoted(text)} is out of range for ${type}`;
      if (is64) bigs[at] = value;
      else numbers[at] = Number(value);
      return '';
    }
    if (infinity.test(text)) {
      const value = text.startsWith('-') ? -Infinity : Infinity;
      numbers[at] = type === 'float16' ? toBits(value) : value;
      return '';
    }
    if (!decimal.test(text)) return `${quoted(text)} is not a number`;
    const value = Number(text);
    const kept = type === 'float64' ? value : type === 'float32' ? Math.fround(value) : toBits(value);
    if (type === 'float16' ? (kept & 0x7fff) === 0x7c00 : !Number.isFinite(kept))
      return `${quoted(text)} is out of range for ${type}`;
    numbers[at] = kept;
    return '';
  };
}

/** `1`, `-7`, `3.0`, and exponents while the number is exact; else why not. */
function asInteger(text: string): bigint | string {
  if (whole.test(text) && text.length <= mostDigits)
    return BigInt(text.replace(/\.0*$/, '').replace(/^\+/, ''));
  if (!decimal.test(text)) return `${quoted(text)} is not a number`;
  const value = Number(text);
  return Number.isSafeInteger(value) ? BigInt(value) : `${quoted(text)} is not an integer`;
}

function textReader({ type, into, offset, stride, dictionary }: CellTarget): CellReader {
  const strings = into as string[];
  const codes = into as Int32Array;
  return (bytes, from, to, row, quoted, doubled) => {
    const raw = bytes.toString('utf8', from, to);
    const text = doubled ? raw.replaceAll('""', '"') : raw;
    const at = row * stride + offset;
    if (dictionary !== undefined) {
      let code = dictionary.get(text);
      if (code === undefined) dictionary.set(text, (code = dictionary.size));
      codes[at] = code;
      return '';
    }
    if (type === 'string' && text === '' && !quoted) return 'missing';
    // onnxruntime-node ends a string at a NUL character.
    if (text.includes('\0')) return 'contains a NUL character';
    strings[at] = text;
    return '';
  };
}

function trimmed(bytes: Buffer, from: number, to: number): string {
  let [start, end] = [from, to];
  while (start < end && (bytes[start] === 32 || bytes[start] === 9)) start++;
  while (end > start && (bytes[end - 1] === 32 || bytes[end - 1] === 9)) end--;
  return bytes.toString('latin1', start, end);
}

function quoted(latin: string): string {
  return quote(Buffer.from(latin, 'latin1').toString('utf8'));
}
