import type { ByteWriter } from '../../runtime/session/session-kind.ts';

/**
 * Functions that append protobuf to bytes. Format:
 * https://protobuf.dev/programming-guides/encoding/. Fields with their default value are left out by
 * the callers, as in proto3.
 */

/** Bytes of the longest varint. */
const longestVarint = 10;

/** An unsigned integer below 2^53. */
function writeVarint(out: ByteWriter, value: number): void {
  out.reserve(longestVarint);
  const { bytes } = out;
  let { at } = out;
  let rest = value;
  while (rest >= 0x80) {
    bytes[at++] = (rest % 0x80) | 0x80;
    rest = rest > 0xffff_ffff ? Math.floor(rest / 0x80) : rest >>> 7;
  }
  bytes[at++] = rest;
  out.at = at;
}

/** An int32, int64, uint32, uint64, bool or enum; negative ones as two's complement. */
export function writeNumber(out: ByteWriter, value: number | bigint): void {
  if (typeof value === 'number' && value >= 0) return writeVarint(out, value);
  out.reserve(longestVarint);
  let rest = BigInt.asUintN(64, BigInt(value));
  while (rest >= 0x80n) {
    out.bytes[out.at++] = Number(rest & 0x7fn) | 0x80;
    rest >>= 7n;
  }
  out.bytes[out.at++] = Number(rest);
}

/** The tag of a field whose content has a length; the length comes next. */
function writeTag(out: ByteWriter, field: number): void {
  writeVarint(out, (field << 3) | 2);
}

/** A number field. */
export function writeNumberField(out: ByteWriter, field: number, value: number | bigint): void {
  writeVarint(out, field << 3);
  writeNumber(out, value);
}

export function writeText(out: ByteWriter, field: number, value: string): void {
  writeTag(out, field);
  const most = 3 * value.length;
  out.reserve(longestVarint + most);
  // Nearly all texts are short names.
  if (most < 0x80) {
    const written = out.bytes.write(value, out.at + 1, 'utf8');
    out.bytes[out.at] = written;
    out.at += 1 + written;
    return;
  }
  writeVarint(out, Buffer.byteLength(value));
  out.at += out.bytes.write(value, out.at, 'utf8');
}

export function writeBytes(out: ByteWriter, field: number, value: Uint8Array): void {
  writeLength(out, field, value.length);
  out.reserve(value.length);
  out.bytes.set(value, out.at);
  out.at += value.length;
}

/** The tag and the length of a field; its content has to follow. */
export function writeLength(out: ByteWriter, field: number, length: number): void {
  writeTag(out, field);
  writeVarint(out, length);
}

/** A field whose content `write` appends: a message, or a packed list. */
export function writeMessage(out: ByteWriter, field: number, write: () => void): void {
  writeTag(out, field);
  out.reserve(longestVarint);
  // Most messages are shorter than 128 bytes, so that their length takes one byte.
  const start = out.at + 1;
  out.at = start;
  write();
  const length = out.at - start;
  if (length < 0x80) {
    out.bytes[start - 1] = length;
    return;
  }
  out.reserve(longestVarint);
  let lengthBytes = 1;
  for (let rest = length; rest >= 0x80; rest = Math.floor(rest / 0x80)) lengthBytes += 1;
  out.bytes.copyWithin(start - 1 + lengthBytes, start, start + length);
  out.at = start - 1;
  writeVarint(out, length);
  out.at += length;
}

/** A repeated number field, packed. */
export function writePacked(out: ByteWriter, field: number, values: ArrayLike<number | bigint>): void {
  writeMessage(out, field, () => {
    for (let index = 0; index < values.length; index++) writeNumber(out, values[index]!);
  });
}

/** Bytes that grow, for a message that stands alone. */
export function growingBytes(expected = 256): ByteWriter & { written(): Buffer } {
  const out = {
    bytes: Buffer.allocUnsafe(expected),
    at: 0,
    reserve(more: number) {
      if (out.at + more <= out.bytes.length) return;
      const larger = Buffer.allocUnsafe(Math.max(out.at + more, 2 * out.bytes.length));
      out.bytes.copy(larger, 0, 0, out.at);
      out.bytes = larger;
    },
    written: () => out.bytes.subarray(0, out.at),
  };
  return out;
}
