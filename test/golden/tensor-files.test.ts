import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FeedData, FeedDtype } from '../../src/onnx/feeds/feed-dtypes.ts';
import { dataTypeName } from '../../src/onnx/tensors/data-types.ts';
import { readTensor } from '../../src/onnx/file/read-values.ts';
import { checkTensorData, readTensorData } from '../../src/onnx/tensors/tensor-data.ts';
import { ByteWindow } from '../../src/onnx/file/bytes.ts';
import { bytesSource } from '../support/byte-source.ts';
import { tensorFile, tensorOf, type Tensor } from '../support/golden-tensors.ts';
import { constant } from '../support/onnx-writer.ts';
import {
  bytes,
  float,
  integer,
  message,
  packedFloats,
  packedIntegers,
  text,
} from '../support/protobuf-writer.ts';
import { failsWith } from '../support/temp-folder.ts';

function decode(file: Uint8Array): FeedData {
  const window = new ByteWindow(bytesSource(file));
  const facts = readTensor(window, { start: 0, end: file.length, depth: 0 });
  const dtype = dataTypeName(facts.dataType) as FeedDtype;
  checkTensorData(window, facts, dtype);
  return readTensorData(window, facts, dtype);
}

const samples: [Tensor, FeedData][] = [
  [tensorOf('float32', [3], [1.5, NaN, -Infinity]), Float32Array.of(1.5, NaN, -Infinity)],
  [tensorOf('float64', [2], [0.1, -1e300]), Float64Array.of(0.1, -1e300)],
  [tensorOf('float16', [2], [1, -2]), Uint16Array.of(0x3c00, 0xc000)],
  [tensorOf('int8', [2], [-128, 127]), Int8Array.of(-128, 127)],
  [tensorOf('int16', [2], [-32768, 32767]), Int16Array.of(-32768, 32767)],
  [tensorOf('int32', [2], [-(2 ** 31), 2 ** 31 - 1]), Int32Array.of(-(2 ** 31), 2 ** 31 - 1)],
  [tensorOf('int64', [2], [-(2n ** 63n), 2n ** 63n - 1n]), BigInt64Array.of(-(2n ** 63n), 2n ** 63n - 1n)],
  [tensorOf('uint8', [2], [0, 255]), Uint8Array.of(0, 255)],
  [tensorOf('uint16', [2], [0, 65535]), Uint16Array.of(0, 65535)],
  [tensorOf('uint32', [2], [0, 2 ** 32 - 1]), Uint32Array.of(0, 2 ** 32 - 1)],
  [tensorOf('uint64', [2], [0n, 2n ** 64n - 1n]), BigUint64Array.of(0n, 2n ** 64n - 1n)],
  [tensorOf('bool', [2], [true, false]), Uint8Array.of(1, 0)],
  [tensorOf('string', [3], ['', 'é', 'x'.repeat(100_000)]), ['', 'é', 'x'.repeat(100_000)]],
  [tensorOf('float32', [], [7]), Float32Array.of(7)],
  [tensorOf('float32', [2, 0], []), new Float32Array()],
];

test('values are read from raw data and from the field of their type', () => {
  for (const [tensor, expected] of samples) {
    assert.deepEqual(decode(tensorFile(tensor)), expected, tensor.dtype);
    assert.deepEqual(decode(tensorFile(tensor, { typed: true, name: 'x' })), expected, tensor.dtype);
  }
});

test('values that are not packed, and in several pieces, are one list', () => {
  const head = (dims: number, type: number) => message(packedIntegers(1, [dims]), integer(2, type));
  assert.deepEqual(
    decode(message(head(3, 1), float(4, 1), packedFloats(4, [2, 3]))),
    Float32Array.of(1, 2, 3),
  );
  assert.deepEqual(
    decode(message(head(3, 7), integer(7, -1n), packedIntegers(7, [5, 6]))),
    BigInt64Array.of(-1n, 5n, 6n),
  );
  assert.deepEqual(decode(message(head(2, 6), integer(5, -1n), integer(5, 4))), Int32Array.of(-1, 4));
});

test('a long tensor is read whole', () => {
  const values = Array.from({ length: 50_000 }, (_, at) => at / 7);
  assert.deepEqual(decode(tensorFile(tensorOf('float32', [50_000], values))), Float32Array.from(values));
  assert.deepEqual(
    decode(tensorFile(tensorOf('float32', [50_000], values), { typed: true })),
    Float32Array.from(values),
  );
});

const head = (dims: number[], type: number) => message(packedIntegers(1, dims), integer(2, type));
const hostile: [string, Uint8Array, RegExp][] = [
  [
    'too few raw bytes',
    message(head([2], 1), bytes(9, new Uint8Array(4))),
    /has 4 bytes, but float32\[2\] needs 8/,
  ],
  ['too few typed values', message(head([2], 1), float(4, 1)), /has 1 value, but float32\[2\] needs 2/],
  ['too many', message(head([1], 7), packedIntegers(7, [1, 2])), /has 2 values, but int64\[1\] needs 1/],
  ['none', head([2], 1), /has 0 values/],
  ['more than there is memory for', message(head([2 ** 40], 1), float(4, 1)), /has 1 value, but/],
  ['two fields', message(head([1], 1), float(4, 1), bytes(9, new Uint8Array(4))), /two fields/],
  [
    'raw data twice',
    message(head([1], 1), bytes(9, new Uint8Array(4)), bytes(9, new Uint8Array(4))),
    /twice/,
  ],
  ['values of another type', message(head([1], 1), packedIntegers(7, [1])), /values that are not float32/],
  ['a segment', message(head([1], 1), bytes(3, integer(1, 1)), float(4, 1)), /a segment/],
  ['an int8 of 128', message(head([1], 3), packedIntegers(5, [128])), /128 does not fit int8/],
  ['a uint8 below 0', message(head([1], 2), packedIntegers(5, [-1n])), /-1 does not fit uint8/],
  ['a uint32 of 33 bits', message(head([1], 12), packedIntegers(11, [2 ** 32])), /does not fit uint32/],
  ['a bool of 2', message(head([1], 9), packedIntegers(5, [2])), /2 does not fit bool/],
  ['a raw bool of 2', message(head([1], 9), bytes(9, Uint8Array.of(2))), /neither 0 nor 1/],
  ['raw strings', message(head([1], 8), bytes(9, Uint8Array.of(65))), /raw strings/],
  ['a string that is not UTF-8', message(head([1], 8), bytes(6, Uint8Array.of(0xff))), /not UTF-8/],
  ['a string with a NUL', message(head([1], 8), text(6, 'a\0b')), /NUL/],
  ['external data', constant('float32', [1], { external: { location: 'x.bin' } }).bytes, /another file/],
  ['a negative dimension', message(packedIntegers(1, [-1n]), integer(2, 1)), /dimension -1/],
  ['impossible dimensions', message(packedIntegers(1, [2 ** 40, 2 ** 40]), integer(2, 1)), /invalid shape/],
  ['half a float', message(head([1], 1), bytes(4, new Uint8Array(3))), /truncated inside a float/],
  ['a field of another wire type', message(head([1], 1), integer(4, 1)), /not a list of floats/],
];

for (const [name, file, reason] of hostile) {
  test(`refused: ${name}`, () => {
    assert.throws(() => decode(file), failsWith('INVALID_INPUT', reason));
  });
}

test('no prefix of a file, and no flipped bit in it, does more than be refused', () => {
  const file = tensorFile(tensorOf('int64', [3], [1, 2, 300]), { typed: true, name: 'values' });
  const attempts = [
    ...Array.from({ length: file.length }, (_, end) => file.slice(0, end)),
    ...Array.from({ length: 8 * file.length }, (_, bit) => {
      const copy = Uint8Array.from(file);
      copy[bit >> 3] = copy[bit >> 3]! ^ (1 << (bit & 7));
      return copy;
    }),
  ];
  for (const attempt of attempts) {
    try {
      decode(attempt);
    } catch (error) {
      failsWith('INVALID_INPUT')(error);
    }
  }
});
