import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  type ComparedTensor,
  compareTensors,
  type Tolerance,
  toleranceFor,
} from '../../src/onnx/tensors/compare-tensors.ts';
import { bfloat16Value, float16Bits, float16Value } from '../../src/onnx/tensors/half-floats.ts';

const floats = (data: number[], shape = [data.length]): ComparedTensor => ({
  dtype: 'float64',
  shape,
  data: Float64Array.from(data),
});
const halves = (data: number[], dtype: 'float16' | 'bfloat16' = 'float16'): ComparedTensor => ({
  dtype,
  shape: [data.length],
  data: Uint16Array.from(data),
});
const longs = (data: bigint[]): ComparedTensor => ({
  dtype: 'int64',
  shape: [data.length],
  data: BigInt64Array.from(data),
});
const texts = (data: string[]): ComparedTensor => ({ dtype: 'string', shape: [data.length], data });

const none: Tolerance = { atol: 0, rtol: 0 };
const usual: Tolerance = { atol: 1e-5, rtol: 1e-4 };

/** The definition, for one pair. */
function within(expected: number, actual: number, { atol, rtol }: Tolerance): boolean {
  if (Number.isNaN(expected) || Number.isNaN(actual)) return Number.isNaN(expected) && Number.isNaN(actual);
  if (!Number.isFinite(expected) || !Number.isFinite(actual)) return expected === actual;
  return expected === actual || Math.abs(actual - expected) <= atol + rtol * Math.abs(expected);
}

test('a tensor equals itself, whatever is in it', () => {
  fc.assert(
    fc.property(fc.array(fc.double()), (data) => {
      const { match, worst, mismatches, maxAbs } = compareTensors(floats(data), floats(data), none);
      assert.deepEqual([match, worst, mismatches, maxAbs], [true, null, 0, data.length === 0 ? null : 0]);
    }),
  );
});

test('elements match as the formula says, and the worst one is beyond it if any is', () => {
  const value = fc.oneof(
    fc.double(),
    fc.double({ min: -2, max: 2 }),
    fc.constantFrom(NaN, Infinity, -Infinity, 0, -0),
  );
  const tolerance = fc.record({
    atol: fc.double({ min: 0, max: 1, noNaN: true }),
    rtol: fc.double({ min: 0, max: 1, noNaN: true }),
  });
  fc.assert(
    fc.property(fc.array(fc.tuple(value, value), { minLength: 1 }), tolerance, (pairs, bounds) => {
      const [expected, actual] = [pairs.map(([a]) => a), pairs.map(([, b]) => b)];
      const found = compareTensors(floats(expected), floats(actual), bounds);
      const bad = pairs.filter(([a, b]) => !within(a, b, bounds)).length;
      assert.equal(found.mismatches, bad);
      assert.equal(found.match, bad === 0);
      const at = found.worst?.index?.[0];
      if (bad > 0) assert.ok(at !== undefined && !within(expected[at]!, actual[at]!, bounds));
      assert.doesNotThrow(() => JSON.stringify(found));
    }),
  );
});

test('the tolerance is absolute plus relative to what is expected, its bound included', () => {
  const bounds = { atol: 0.5, rtol: 0.25 };
  assert.equal(compareTensors(floats([2]), floats([3]), bounds).match, true);
  assert.equal(compareTensors(floats([2]), floats([3.0001]), bounds).match, false);
  // Not symmetric: 3 allows more than 2.
  assert.equal(compareTensors(floats([3]), floats([1.75]), bounds).match, true);
  assert.equal(compareTensors(floats([1.75]), floats([3]), bounds).match, false);
});

test('NaN equals NaN, infinities equal themselves and nothing else, minus zero equals zero', () => {
  const differing: [number, number][] = [
    [NaN, 1],
    [1, NaN],
    [Infinity, 1],
    [1, Infinity],
    [Infinity, -Infinity],
    [Infinity, NaN],
  ];
  for (const [a, b] of differing)
    assert.equal(compareTensors(floats([a]), floats([b]), usual).match, false, `${a} ${b}`);
  const alike: [number, number][] = [
    [NaN, NaN],
    [Infinity, Infinity],
    [0, -0],
  ];
  for (const [a, b] of alike) {
    const { match, worst } = compareTensors(floats([a]), floats([b]), none);
    assert.deepEqual([match, worst], [true, null]);
  }
});

test('the worst element is named by its index, and said in a way that JSON can hold', () => {
  const expected = floats([1, 2, 3, 4, 5, 6], [2, 1, 3]);
  const one = compareTensors(expected, floats([1, 2, 3, 4.00001, 5.5, 6], [2, 1, 3]), usual);
  assert.deepEqual(one.worst, { index: [1, 0, 1], expected: 5, actual: 5.5, abs: 0.5, rel: 0.1 });
  assert.deepEqual([one.elements, one.mismatches, one.maxAbs], [6, 1, 0.5]);
  const infinite = compareTensors(expected, floats([1, 2, Infinity, 4, 5, 6], [2, 1, 3]), usual);
  assert.deepEqual(infinite.worst, {
    index: [0, 0, 2],
    expected: 3,
    actual: 'Infinity',
    abs: 'Infinity',
    rel: 'Infinity',
  });
  const nan = compareTensors(floats([1]), floats([NaN]), usual);
  assert.deepEqual(nan.worst, { index: [0], expected: 1, actual: 'NaN', abs: null, rel: null });
  assert.deepEqual(compareTensors(floats([0], []), floats([1], []), usual).worst, {
    index: [],
    expected: 0,
    actual: 1,
    abs: 1,
    rel: null,
  });
});

test('the furthest off is what exceeds its tolerance most, not the largest difference', () => {
  const { worst } = compareTensors(floats([1000, 0.001]), floats([1000.09, 0.002]), usual);
  assert.deepEqual(worst?.index, [1]);
});

test('a worst element that matches is told as well', () => {
  const { match, worst, mismatches } = compareTensors(floats([1, 2]), floats([1, 2.00001]), usual);
  assert.deepEqual([match, mismatches, worst?.index], [true, 0, [1]]);
});

test('integers are compared exactly, also where a double could not tell them apart', () => {
  const big = 2n ** 62n;
  const { match, worst, maxAbs } = compareTensors(
    longs([1n, big]),
    longs([1n, big + 1n]),
    toleranceFor('int64'),
  );
  assert.equal(match, false);
  assert.deepEqual(worst, {
    index: [1],
    expected: String(big),
    actual: String(big + 1n),
    abs: 1,
    rel: 2 ** -62,
  });
  assert.equal(maxAbs, 1);
  const far = compareTensors(longs([-(2n ** 63n)]), longs([2n ** 63n - 1n]), toleranceFor('int64'));
  assert.equal(far.worst?.abs, String(2n ** 64n - 1n));
});

test('strings and booleans are equal or not', () => {
  const found = compareTensors(texts(['a', 'b']), texts(['a', 'c']), none);
  assert.deepEqual(found.worst, { index: [1], expected: 'b', actual: 'c', abs: null, rel: null });
  assert.deepEqual([found.maxAbs, found.maxRel], [null, null]);
  const bits = (data: number[]): ComparedTensor => ({
    dtype: 'bool',
    shape: [2],
    data: Uint8Array.from(data),
  });
  assert.deepEqual(compareTensors(bits([1, 0]), bits([1, 1]), none).worst, {
    index: [1],
    expected: false,
    actual: true,
    abs: null,
    rel: null,
  });
});

test('another dtype or shape is a mismatch of the whole', () => {
  const { match, worst, mismatches } = compareTensors(floats([1, 2]), floats([1, 2], [2, 1]), usual);
  assert.deepEqual([match, mismatches], [false, 2]);
  assert.deepEqual(worst, {
    index: null,
    expected: 'float64[2]',
    actual: 'float64[2,1]',
    abs: null,
    rel: null,
  });
  const single: ComparedTensor = { dtype: 'float32', shape: [2], data: Float32Array.from([1, 2]) };
  assert.equal(compareTensors(floats([1, 2]), single, usual).match, false);
});

test('half floats are compared by their values', () => {
  const bounds = toleranceFor('float16');
  assert.equal(compareTensors(halves([float16Bits(1)]), halves([float16Bits(1.003)]), bounds).match, true);
  assert.equal(compareTensors(halves([float16Bits(1)]), halves([float16Bits(1.006)]), bounds).match, false);
  // NaNs of other bits, and the two zeros.
  assert.equal(compareTensors(halves([0x7e00, 0x8000]), halves([0xfe01, 0]), none).match, true);
  const brain = compareTensors(
    halves([0x3f80], 'bfloat16'),
    halves([0x3f90], 'bfloat16'),
    toleranceFor('bfloat16'),
  );
  assert.deepEqual(brain.worst, { index: [0], expected: 1, actual: 1.125, abs: 0.125, rel: 0.125 });
});

test('the bits of half floats are read as they are written', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 0xffff }), (bits) => {
      const value = float16Value(bits);
      if (Number.isNaN(value)) assert.ok((bits & 0x7fff) > 0x7c00);
      else assert.equal(float16Bits(value), bits);
    }),
    { numRuns: 2000 },
  );
  assert.deepEqual([0x3c00, 0xc000, 0x7bff, 0x0001, 0x7c00].map(float16Value), [
    1,
    -2,
    65504,
    2 ** -24,
    Infinity,
  ]);
  assert.deepEqual([0x3f80, 0xc000, 0x7f80, 0x0000].map(bfloat16Value), [1, -2, Infinity, 0]);
});

test('flags beat the file, the file beats the defaults, each bound by itself; what is exact stays so', () => {
  assert.deepEqual(toleranceFor('float32'), { atol: 1e-5, rtol: 1e-4 });
  assert.deepEqual(toleranceFor('float16'), { atol: 2.5e-3, rtol: 1e-3 });
  assert.deepEqual(toleranceFor('bfloat16'), { atol: 0.02, rtol: 0.01 });
  assert.deepEqual(toleranceFor('float64', { atol: 0 }, { atol: 5, rtol: 6 }), { atol: 0, rtol: 6 });
  assert.deepEqual(toleranceFor('float64', {}, { rtol: 6 }), { atol: 1e-5, rtol: 6 });
  assert.deepEqual(toleranceFor('int8', { atol: 3 }, { rtol: 6 }), none);
});
