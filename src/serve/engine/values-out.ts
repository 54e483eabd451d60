import {
  longestNumber,
  writeAscii,
  writeFloat32,
  writeFloat64,
  writeInteger,
} from '../../data/write-number.ts';
import { elementBytes, type FeedData, type FeedDtype } from '../../onnx/feeds/feed-dtypes.ts';
import { float16Value } from '../../onnx/tensors/half-floats.ts';
import type { ByteWriter } from '../../runtime/session/session-kind.ts';

const comma = 44;

/**
 * Appends the elements as JSON values, separated by commas: floats with the fewest digits that are
 * read back as the same value. JSON has neither NaN nor infinities: they are written as null, and
 * their number is returned, so that an answer can say that it is not all there was.
 */
export function writeValues(dtype: FeedDtype, data: FeedData, out: ByteWriter): number {
  if (Array.isArray(data)) return writeStrings(data, out);
  // More than any number takes, so that one look at the room is enough.
  out.reserve((longestNumber + 1) * data.length);
  const { bytes } = out;
  let { at } = out;
  let notFinite = 0;
  const count = data.length;
  for (let index = 0; index < count; index++) {
    if (index > 0) bytes[at++] = comma;
    const element = data[index] as number | bigint;
    if (typeof element === 'bigint') {
      at =
        element > -2147483648n && element < 2147483648n
          ? writeInteger(bytes, at, Number(element))
          : writeAscii(bytes, at, String(element));
      continue;
    }
    if (dtype === 'bool') {
      at = writeAscii(bytes, at, element === 0 ? 'false' : 'true');
      continue;
    }
    const value = dtype === 'float16' ? float16Value(element) : element;
    if (!Number.isFinite(value)) {
      notFinite += 1;
      at = writeAscii(bytes, at, 'null');
    } else if (dtype === 'float32') at = writeFloat32(bytes, at, value);
    else if (dtype === 'float64' || dtype === 'float16' || value > 2147483647)
      at = writeFloat64(bytes, at, value);
    else at = writeInteger(bytes, at, value);
  }
  out.at = at;
  return notFinite;
}

function writeStrings(texts: readonly string[], out: ByteWriter): number {
  texts.forEach((text, index) => {
    const json = `${index === 0 ? '' : ','}${JSON.stringify(text)}`;
    out.reserve(3 * json.length);
    out.at += out.bytes.write(json, out.at, 'utf8');
  });
  return 0;
}

/** Bytes that `writeRaw` appends. */
export function rawBytes(dtype: FeedDtype, data: FeedData): number {
  if (!Array.isArray(data)) return data.length * elementBytes[dtype];
  return data.reduce((sum, text) => sum + 4 + Buffer.byteLength(text), 0);
}

/** Appends a tensor as `readRaw` reads it. */
export function writeRaw(dtype: FeedDtype, data: FeedData, out: ByteWriter): void {
  out.reserve(rawBytes(dtype, data));
  if (!Array.isArray(data)) {
    out.bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), out.at);
    out.at += data.byteLength;
    return;
  }
  for (const text of data) {
    const length = out.bytes.write(text, out.at + 4, 'utf8');
    out.bytes.writeUInt32LE(length, out.at);
    out.at += 4 + length;
  }
}
