import type { TensorValue } from '../feeds/feed-dtypes.ts';
import { dataTypeNumber } from './data-types.ts';

/**
 * A TensorProto with a name, as pieces of one file; field numbers from onnx.proto. Numbers are raw
 * data, little-endian as on all platforms that both Node and ONNX Runtime support.
 */
export function tensorProto(name: string, { dtype, shape, data }: TensorValue): Uint8Array[] {
  const head = [
    ...shape.flatMap((size) => [...varint(1 << 3), ...varint(size)]),
    ...varint(2 << 3),
    ...varint(dataTypeNumber(dtype)),
  ];
  const text = new TextEncoder();
  const pieces = [Uint8Array.from(head), ...lengthDelimited(8, text.encode(name))];
  if (Array.isArray(data)) {
    for (const element of data) pieces.push(...lengthDelimited(6, text.encode(element)));
    return pieces;
  }
  return [...pieces, ...lengthDelimited(9, new Uint8Array(data.buffer, data.byteOffset, data.byteLength))];
}

/** A length-delimited field, as pieces. */
export function lengthDelimited(field: number, bytes: Uint8Array): Uint8Array[] {
  return [Uint8Array.from([...varint((field << 3) | 2), ...varint(bytes.length)]), bytes];
}

/** A whole number up to 2 ** 53. */
function varint(value: number): number[] {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return [...bytes, rest];
    bytes.push((rest % 128) | 128);
  }
}
