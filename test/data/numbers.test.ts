import fc from 'fast-check';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createBatch } from '../../src/data/row-batch.ts';
import { delimitedScanner } from '../../src/data/scan-delimited.ts';
import { writeFloat32, writeFloat64, writeInteger } from '../../src/data/write-number.ts';

const out = new Uint8Array(64);
const written = (write: typeof writeFloat32, value: number): string =>
  Buffer.from(out.subarray(0, write(out, 0, value))).toString('latin1');

/** The numbers of one column, as a scanner reads them; rejected ones are left out. */
function scan(texts: readonly string[]): number[] {
  const into = new Float32Array(texts.length);
  const scanner = delimitedScanner(
    { columns: ['x'], targets: [{ column: 0, type: 'float32', into, offset: 0, stride: 1 }] },
    44,
    'reject',
  );
  const bytes = Buffer.from(`${texts.join('\n')}\n\n`);
  const batch = createBatch(texts.length, null);
  scanner.open(bytes, bytes.length - 1);
  scanner.fill(batch);
  return [...into.subarray(0, batch.count)];
}

/** Decimal texts of all lengths and forms, many of them near the middle of two float32. */
const decimals = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true, min: -3e38, max: 3e38 }).map(String),
  fc.float({ noNaN: true, noDefaultInfinity: true }).map(String),
  fc
    .tuple(
      fc.float({ noNaN: true, noDefaultInfinity: true, min: Math.fround(1e-5), max: 1e6 }),
      fc.constantFrom(0, 1, -1),
    )
    .map(([value, off]) => {
      const next = nextFloat(value);
      return ((value + next) / 2 + off * Math.abs(next - value) * 1e-9).toPrecision(18);
    }),
  fc
    .tuple(fc.stringMatching(/^-?\d{0,12}\.?\d{1,14}$/), fc.option(fc.integer({ min: -30, max: 20 })))
    .map(([digits, power]) => (power === null ? digits : `${digits}e${power}`)),
);

function nextFloat(value: number): number {
  const bits = new Float32Array([value]);
  new Uint32Array(bits.buffer)[0]! += 1;
  return bits[0]!;
}

test('a float32 is read as Math.fround(Number(text)) does', () => {
  fc.assert(
    fc.property(fc.array(decimals, { minLength: 1, maxLength: 50 }), (texts) => {
      const finite = texts.filter((text) => Number.isFinite(Math.fround(Number(text))));
      const read = scan(finite);
      assert.equal(read.length, finite.length);
      for (const [at, text] of finite.entries())
        assert.ok(Object.is(read[at], Math.fround(Number(text))), text);
    }),
    { numRuns: 2000 },
  );
});

test('a float32 is written with the fewest digits that are read back', () => {
  fc.assert(
    fc.property(fc.oneof(fc.float(), fc.integer({ min: -2, max: 2 ** 24 }).map(Math.fround)), (value) => {
      const text = written(writeFloat32, value);
      if (!Number.isFinite(value)) return assert.match(text, /^(?:NaN|-?inf)$/);
      assert.ok(Object.is(Math.fround(Number(text)), value), `${value}: ${text}`);
      // JavaScript writes the same number no shorter.
      const digits = text.replace(/^-?[0.]*|e.*$|\./g, '').replace(/0+$/, '').length;
      let fewest = 1;
      while (Math.fround(Number(value.toPrecision(fewest))) !== value) fewest++;
      // One digit more where the shorter text is exactly between two float32.
      assert.ok(digits <= fewest + 1 || Math.abs(value) >= 2 ** 24, `${value}: ${text}`);
    }),
    { numRuns: 20_000 },
  );
});

test('numbers have the form of JavaScript', () => {
  for (const text of [
    '0',
    '-0',
    '1',
    '0.1',
    '-0.25',
    '16777216',
    '1e-7',
    '1.5e-7',
    '0.000001',
    '123456.79',
    '1e+21',
    '3.4028235e+38',
    '1e-45',
  ])
    assert.equal(written(writeFloat32, Number(text)), text.replace(/^1e-45$/, '1e-45'), text);
  for (const value of [0, -0, 0.1, 1e21, 5e-324, -1.7976931348623157e308])
    assert.equal(written(writeFloat64, value), Object.is(value, -0) ? '-0' : String(value));
  for (const value of [0, 7, -7, 2 ** 31 - 1, -(2 ** 31)])
    assert.equal(written(writeInteger, value), String(value));
});
