/** NumPy archives as tests write them. */
import { crc32, deflateRawSync } from 'node:zlib';

/** An array in NumPy's format; `header` replaces the dictionary. */
export function npy(
  descr: string,
  shape: readonly number[],
  data: Uint8Array,
  { fortran = false, header, version = 1 }: { fortran?: boolean; header?: string; version?: number } = {},
): Uint8Array {
  const sizes = `(${shape.map((size) => `${size},`).join(' ')})`;
  const written = `{'descr': '${descr}', 'fortran_order': ${fortran ? 'True' : 'False'}, 'shape': ${sizes}, }`;
  const prefix = version === 1 ? 10 : 12;
  const text = header ?? written;
  const padded = `${text}${' '.repeat((64 - ((prefix + text.length + 1) % 64)) % 64)}\n`;
  const head = Buffer.alloc(prefix);
  head.write('\u0093NUMPY', 'latin1');
  head[6] = version;
  if (version === 1) head.writeUInt16LE(padded.length, 8);
  else head.writeUInt32LE(padded.length, 8);
  return Buffer.concat([head, Buffer.from(padded, 'latin1'), data]);
}

export const f4 = (shape: number[], values: number[]): Uint8Array =>
  npy('<f4', shape, new Uint8Array(Float32Array.from(values).buffer));

export const i8 = (shape: number[], values: number[]): Uint8Array =>
  npy('<i8', shape, new Uint8Array(BigInt64Array.from(values.map(BigInt)).buffer));

export interface ZipOptions {
  deflate?: boolean;
  /** Changes an entry's fields before they are written. */
  change?: (entry: { name: string; size: number; crc: number; flags: number; method: number }) => object;
}

/** A ZIP archive with these entries; local headers have a ZIP64 field, as NumPy writes them. */
export function zip(
  entries: readonly (readonly [name: string, content: Uint8Array])[],
  { deflate = false, change = () => ({}) }: ZipOptions = {},
): Uint8Array {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let at = 0;
  for (const [name, content] of entries) {
    const packed = deflate ? deflateRawSync(content) : content;
    const plain = { name, size: content.length, crc: crc32(content), flags: 0, method: deflate ? 8 : 0 };
    const entry = { ...plain, ...change(plain) };
    const named = Buffer.from(entry.name);
    const extra = Buffer.alloc(20);
    extra.writeUInt16LE(1, 0);
    extra.writeUInt16LE(16, 2);
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50, 0);
    local.writeUInt16LE(entry.method, 8);
    local.writeUInt16LE(named.length, 26);
    local.writeUInt16LE(extra.length, 28);
    const central = Buffer.alloc(46);
    central.writeUInt32LE(0x02014b50, 0);
    central.writeUInt16LE(entry.flags, 8);
    central.writeUInt16LE(entry.method, 10);
    central.writeUInt32LE(entry.crc, 16);
    central.writeUInt32LE(packed.length, 20);
    central.writeUInt32LE(entry.size, 24);
    central.writeUInt16LE(named.length, 28);
    central.writeUInt32LE(at, 42);
    directory.push(central, named);
    const whole = Buffer.concat([local, named, extra, packed]);
    parts.push(whole);
    at += whole.length;
  }
  const listed = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(listed.length, 12);
  end.writeUInt32LE(at, 16);
  return Buffer.concat([...parts, listed, end]);
}
