import { MlregError } from '../../core/errors.ts';
import { quote } from '../../core/text/quote.ts';
import { allocateData, elementBytes, type FeedDtype, type TensorValue } from '../feeds/feed-dtypes.ts';

/**
 * The header of an array in NumPy's format
 * (https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html), versions 1 to 3.
 */
export interface NpyHeader {
  dtype: FeedDtype;
  shape: number[];
  /** Bytes of an element. */
  itemBytes: number;
  /** Characters of text, one byte or four bytes each; null: numbers. */
  characters: 'bytes' | 'code points' | null;
  bigEndian: boolean;
  fortran: boolean;
  elements: number;
  /** Where its data begins. */
  dataStart: number;
}

/** NumPy itself reads no longer header, unless it is told to. */
const longestHeader = 10_000;
/** The bytes that hold any header. */
export const headBytes = 12 + longestHeader;
const highestRank = 64;
const mostBytes = 2 ** 30;

const numbers: Record<string, FeedDtype> = {
  f2: 'float16',
  f4: 'float32',
  f8: 'float64',
  i1: 'int8',
  i2: 'int16',
  i4: 'int32',
  i8: 'int64',
  u1: 'uint8',
  u2: 'uint16',
  u4: 'uint32',
  u8: 'uint64',
  b1: 'bool',
};

/**
 * Parses the first bytes of an array. `size` is that of the whole, which must be exactly what type
 * and shape need. INVALID_INPUT, with only the reason, for anything else. Python objects are
 * refused by their type: nothing is ever unpickled.
 */
export function parseNpyHeader(head: Uint8Array, size: number): NpyHeader {
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  const isNpy = head.length >= 10 && String.fromCharCode(...head.subarray(0, 6)) === '\u0093NUMPY';
  if (!isNpy) throw bad('it is not a NumPy array');
  const version = head[6] ?? 0;
  if (version < 1 || version > 3) throw bad(`it has the unknown format version ${version}`);
  const [length, start] =
    version === 1 ? [view.getUint16(8, true), 10] : [head.length < 12 ? 0 : view.getUint32(8, true), 12];
  if (length > longestHeader || start + length > head.length)
    throw bad('its header is truncated or too long');
  const text = new TextDecoder(version === 3 ? 'utf-8' : 'latin1').decode(
    head.subarray(start, start + length),
  );
  const { descr, fortran, shape } = parseDictionary(text);
  const type = parseType(descr);
  const elements = shape.reduce((product, one) => product * one, 1);
  const bytes = elements * type.itemBytes;
  if (!(elements <= mostBytes && bytes <= mostBytes))
    throw bad(`its shape [${shape.join(',')}] is too large`);
  const dataStart = start + length;
  if (dataStart + bytes !== size)
    throw bad(
      `it has ${size - dataStart} bytes of data, but ${type.dtype}[${shape.join(',')}] needs ${bytes}`,
    );
  return { ...type, shape, fortran, elements, dataStart };
}

/** A dictionary literal of Python with these three keys, as NumPy writes it. */
function parseDictionary(text: string): { descr: string; fortran: boolean; shape: number[] } {
  const entry =
    /\s*'(descr|fortran_order|shape)'\s*:\s*('[^'\\]*'|True|False|\([\d\sL,]*\)|\[)\s*(?:,|(?=\}))/y;
  const values = new Map<string, string>();
  const open = /^\s*\{/.exec(text);
  entry.lastIndex = open?.[0].length ?? 0;
  for (let at = entry.lastIndex; ; at = entry.lastIndex) {
    if (/^\s*'descr'\s*:\s*\[/.test(text.slice(at))) throw bad('it is a structured array, not a tensor');
    const [, key, value] = entry.exec(text) ?? [];
    if (key === undefined || value === undefined) {
      if (open === null || !/^\s*\}\s*$/.test(text.slice(at))) throw bad('its header is malformed');
      break;
    }
    if (values.has(key)) throw bad('its header is malformed');
    values.set(key, value);
  }
  const [descr, fortran, shape] = ['descr', 'fortran_order', 'shape'].map((key) => values.get(key) ?? '');
  if (!descr?.startsWith("'") || !/^(?:True|False)$/.test(fortran ?? '') || !shape?.startsWith('('))
    throw bad('its header is malformed');
  const sizes = shape.match(/\d+/g) ?? [];
  if (sizes.length > highestRank) throw bad(`it has ${sizes.length} dimensions; the limit is ${highestRank}`);
  return { descr: descr.slice(1, -1), fortran: fortran === 'True', shape: sizes.map(Number) };
}

function parseType(descr: string): Pick<NpyHeader, 'dtype' | 'itemBytes' | 'characters' | 'bigEndian'> {
  const [, order = '', kind = '', digits = ''] = /^([<>|])([a-zA-Z])(\d{1,9})$/.exec(descr) ?? [];
  const dtype = numbers[`${kind}${digits}`];
  const bigEndian = order === '>';
  const many = Number(digits);
  if (dtype !== undefined && (order !== '|' || many === 1))
    return { dtype, itemBytes: elementBytes[dtype], characters: null, bigEndian };
  if (many > 0 && kind === 'S') return { dtype: 'string', itemBytes: many, characters: 'bytes', bigEndian };
  if (many > 0 && kind === 'U' && order !== '|')
    return { dtype: 'string', itemBytes: 4 * many, characters: 'code points', bigEndian };
  throw /^[<>|=]?O/.test(descr)
    ? bad(
        'it holds Python objects (dtype object), which are pickled and therefore never read; convert it with astype, for example to str or float32',
      )
    : bad(`its dtype ${quote(descr)} is not supported: use float16/32/64, 8 to 64 bit integers, bool or str`);
}

/**
 * The elements in C order, of all bytes of an array. INVALID_INPUT for elements that are not valid.
 */
export function readNpy(bytes: Uint8Array, header: NpyHeader): TensorValue {
  const { dtype, shape, elements, dataStart, characters, itemBytes, bigEndian } = header;
  const data = bytes.subarray(dataStart);
  if (characters !== null) {
    const decode = characters === 'bytes' ? decodeBytes : decodePoints(bigEndian);
    const texts = Array.from({ length: elements }, (_, at) =>
      decode(data.subarray(at * itemBytes, (at + 1) * itemBytes)),
    );
    return { dtype, shape, data: inOrder(texts, header) };
  }
  const values = allocateData(dtype as Exclude<FeedDtype, 'string'>, elements);
  const own = Buffer.from(values.buffer);
  own.set(data);
  if (bigEndian) swap(own, itemBytes);
  if (dtype === 'bool' && own.some((byte) => byte > 1)) throw bad('a bool is neither 0 nor 1');
  if (!isReordered(header)) return { dtype, shape, data: values };
  const ordered = allocateData(dtype as Exclude<FeedDtype, 'string'>, elements);
  // Typed arrays of one type: an element fits where the other was.
  for (const [to, from] of positions(shape)) (ordered as Float64Array)[to] = (values as Float64Array)[from]!;
  return { dtype, shape, data: ordered };
}

function swap(bytes: Buffer, itemBytes: number): void {
  if (itemBytes === 2) bytes.swap16();
  else if (itemBytes === 4) bytes.swap32();
  else if (itemBytes === 8) bytes.swap64();
}

function isReordered({ fortran, shape }: NpyHeader): boolean {
  return fortran && shape.filter((size) => size !== 1).length > 1;
}

function inOrder(texts: string[], header: NpyHeader): string[] {
  if (!isReordered(header)) return texts;
  const ordered: string[] = Array.from({ length: texts.length });
  for (const [to, from] of positions(header.shape)) ordered[to] = texts[from] ?? '';
  return ordered;
}

/** For each element, its position in C order and in Fortran order. */
function* positions(shape: readonly number[]): Generator<[c: number, fortran: number]> {
  const index = shape.map(() => 0);
  const elements = shape.reduce((product, size) => product * size, 1);
  const strides = shape.map((_, axis) => shape.slice(0, axis).reduce((product, size) => product * size, 1));
  let from = 0;
  for (let to = 0; to < elements; to++) {
    yield [to, from];
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      index[axis]! += 1;
      from += strides[axis]!;
      if (index[axis]! < shape[axis]!) break;
      from -= index[axis]! * strides[axis]!;
      index[axis] = 0;
    }
  }
}

function decodeBytes(item: Uint8Array): string {
  const end = item.findLastIndex((byte) => byte !== 0) + 1;
  try {
    return refuseNul(
      new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(item.subarray(0, end)),
    );
  } catch (cause) {
    if (cause instanceof MlregError) throw cause;
    throw bad('a string is not UTF-8', cause);
  }
}

/** UTF-32, padded with NULs. */
function decodePoints(bigEndian: boolean): (item: Uint8Array) => string {
  return (item) => {
    const view = new DataView(item.buffer, item.byteOffset, item.byteLength);
    const points = Array.from({ length: item.length / 4 }, (_, at) => view.getUint32(4 * at, !bigEndian));
    const end = points.findLastIndex((point) => point !== 0) + 1;
    const text = points.slice(0, end).map((point) => {
      if (point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff))
        throw bad('a string is not valid Unicode');
      return String.fromCodePoint(point);
    });
    return refuseNul(text.join(''));
  };
}

/** onnxruntime-node ends a string at a NUL character. */
function refuseNul(text: string): string {
  if (text.includes('\0')) throw bad('a string contains a NUL character');
  return text;
}

function bad(why: string, cause?: unknown): MlregError {
  return new MlregError('INVALID_INPUT', why, { hint: 'write it again with numpy.savez', cause });
}
