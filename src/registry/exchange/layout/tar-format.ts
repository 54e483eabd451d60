/**
 * The blocks of a tar archive (POSIX.1-2017, pax: ustar interchange format), as far as an image
 * layout needs them: plain files with short names. Sizes of 8 GiB and more are written in a pax
 * record.
 */

import { quote } from '../../../core/text/quote.ts';

export const blockSize = 512;
const largestOctal = 0o77777777777;

/**
 * The header of a plain file, without owner and time: the same name and size always give the same
 * header.
 */
export function fileHeader(path: string, size: number): Uint8Array {
  if (size <= largestOctal) return header(path, size, '0');
  const record = paxRecord('size', String(size));
  return Buffer.concat([
    header('pax', record.length, 'x'),
    record,
    padding(record.length),
    header(path, 0, '0'),
  ]);
}

/**
 * The padding after `size` bytes of content, so that the next header starts on a block boundary.
 */
export function padding(size: number): Uint8Array {
  return new Uint8Array((blockSize - (size % blockSize)) % blockSize);
}

export const endOfArchive = new Uint8Array(2 * blockSize);

/** `27 size=8589934592\n`: the number is the length of the whole record. */
function paxRecord(key: string, value: string): Uint8Array {
  const rest = ` ${key}=${value}\n`;
  let length = rest.length + 1;
  while (String(length).length + rest.length !== length) length = String(length).length + rest.length;
  return Buffer.from(`${length}${rest}`);
}

function header(path: string, size: number, type: string): Uint8Array {
  const block = Buffer.alloc(blockSize);
  if (Buffer.byteLength(path) > 100) throw new RangeError(`too long for a tar header: ${path}`);
  block.write(path, 0);
  block.write('0000644\0', 100);
  block.write('0000000\0', 108);
  block.write('0000000\0', 116);
  block.write(`${size.toString(8).padStart(11, '0')}\0`, 124);
  block.write('00000000000\0', 136);
  block.write(type, 156);
  block.write('ustar\x0000', 257);
  block.write(`${sumOf(block).toString(8).padStart(6, '0')}\0 `, 148);
  return block;
}

/** The sum of all bytes, with those of the checksum field counted as spaces. */
function sumOf(block: Uint8Array): number {
  let sum = 8 * 0x20;
  // A loop takes a tenth of the time of reduce().
  for (let at = 0; at < block.length; at++) if (at < 148 || at >= 156) sum += block[at] ?? 0;
  return sum;
}

const refusedKinds: Record<string, string> = {
  '1': 'a hard link',
  '2': 'a symbolic link',
  '3': 'a device',
  '4': 'a device',
  '6': 'a FIFO',
  S: 'a sparse file',
  L: 'a name longer than 100 characters',
  K: 'a link',
};

/** What an entry of this type is, for the text that refuses it. */
export function kindOfEntry(type: string): string {
  return refusedKinds[type] ?? `an entry of type ${quote(type)}`;
}

export interface TarHeader {
  path: string;
  size: number;
  type: string;
  /** Permissions; 0 if the field is malformed. */
  mode: number;
}

/** Parses a header; a string says what is wrong with it. */
export function parseHeader(block: Uint8Array): TarHeader | string {
  const bytes = Buffer.from(block.buffer, block.byteOffset, blockSize);
  const sum = /^(?:([0-7]{6})\0 |([0-7]{7})\0)$/.exec(bytes.toString('latin1', 148, 156));
  if (sum === null || parseInt(sum[1] ?? sum[2] ?? '', 8) !== sumOf(bytes)) return 'wrong header checksum';
  if (bytes.toString('latin1', 257, 262) !== 'ustar') return 'it is not a ustar archive';
  const size = sizeOf(bytes.subarray(124, 136));
  if (size === undefined) return 'invalid size in a header';
  const name = textOf(bytes.subarray(0, 100));
  // GNU tar uses the place of the prefix for other fields, and has another magic value.
  const prefix = bytes[262] === 0 ? textOf(bytes.subarray(345, 500)) : '';
  if (name === undefined || prefix === undefined) return 'a name is not UTF-8';
  return {
    path: prefix === '' ? name : `${prefix}/${name}`,
    size,
    type: String.fromCharCode(bytes[156] ?? 0),
    mode: parseInt(/^ *([0-7]{1,7})/.exec(bytes.toString('latin1', 100, 108))?.[1] ?? '0', 8),
  };
}

/** Octal, or binary if the first bit is set (GNU, for 8 GiB and more). */
function sizeOf(field: Buffer): number | undefined {
  if ((field[0] ?? 0) & 0x80) {
    if (field[0] !== 0x80 || field.subarray(1, 5).some((byte) => byte !== 0)) return undefined;
    const value = field.readBigUInt64BE(4);
    return value <= Number.MAX_SAFE_INTEGER ? Number(value) : undefined;
  }
  const digits = /^ *([0-7]{1,12})[\0 ]*$/.exec(field.toString('latin1'))?.[1];
  return digits === undefined ? undefined : parseInt(digits, 8);
}

function textOf(field: Buffer): string | undefined {
  const end = field.indexOf(0);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(end === -1 ? field : field.subarray(0, end));
  } catch {
    return undefined;
  }
}

/**
 * The records of a pax header that matter for finding the bytes: `path` and `size`. A string says
 * what is wrong.
 */
export function parsePax(content: Uint8Array): { path?: string; size?: number } | string {
  const text = Buffer.from(content).toString('utf8');
  const found = new Map<string, string>();
  let rest = text;
  while (rest !== '') {
    const [, digits = '', key = '', value = ''] = /^(\d{1,6}) ([^=\n]+)=([^\n]*)\n/.exec(rest) ?? [];
    const record = `${digits} ${key}=${value}\n`;
    if (digits === '' || Buffer.byteLength(record) !== Number(digits) || found.has(key))
      return 'a pax header is malformed';
    found.set(key, value);
    rest = rest.slice(record.length);
  }
  const [path, size] = [found.get('path'), found.get('size')];
  if (size !== undefined && !(/^\d{1,16}$/.test(size) && Number.isSafeInteger(Number(size))))
    return 'invalid size in a pax header';
  const sparse = [...found.keys()].find((key) => key.startsWith('GNU.sparse'));
  if (sparse !== undefined) return 'it contains a sparse file';
  return { ...(path === undefined ? {} : { path }), ...(size === undefined ? {} : { size: Number(size) }) };
}
