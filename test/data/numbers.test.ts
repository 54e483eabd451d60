import fc from 'fast-check';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createBatch, type RowScanner } from '../../src/data/row-batch.ts';
import { delimitedScanner } from '../../src/data/scan-delimited.ts';
import { writeFloat32, writeFloat64, writeInteger } from '../../src/data/write-number.ts';

const out = new Uint8Array(64);
const written = (write: typeof writeFloat32, value: number): string =>
  Buffer.from(out.subarray(0, write(out, 0, value))).toString('latin1');

/** A scanner of two columns of numbers. */
function scannerInto(into: Float32Array): RowScanner {
  const target = { type: 'float32', into, stride: 2 } as const;
  const targets = [0, 1].map((column) => ({ ...target, column, offset: column }));
  return delimitedScanner({ columns: ['x', 'y'], targets }, 44, 'reject');
}

/**
 * Numbers as a scanner reads them, each from the first and the last column of a row, which it reads
 * in two ways; rejected ones are left out.
 */
function scan(texts: readonly string[]): number[][] {
  const into = new Float32Array(2 * texts.length);
  const scanner = scannerInto(into);
  const bytes = Buffer.from(`${texts.map((text) => `${text},${text}`).join('\n')}\n\n`);
  const batch = createBatch(texts.length, null);
  scanner.open(bytes, bytes.length - 1);
  scanner.fill(batch);
  return Array.from({ length: batch.count }, (_, row) => [...into.subarray(2 * row, 2 * row + 2)]);
}

/** Why a row of two numbers is rejected. */
function rejected(line: string): string | undefined {
  const scanner = scannerInto(new Float32Array(2));
  scanner.open(Buffer.from(`${line}\n\n`), line.length + 1);
  scanner.fill(createBatch(1, null));
  return scanner.takeRejected()[0]?.reason;
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
        for (const value of read[at] ?? []) assert.ok(Object.is(value, Math.fround(Number(text))), text);
    }),
    { numRuns: 2000 },
  );
});

test('what is no number is rejected in every column', () => {
  for (const text of ['.', '-', '-.', '1.2.3', '1-2', '--1', '1e', '0x1', '1 2'])
    for (const line of [`${text},1`, `1,${text}`])
      assert.equal(rejected(line), `${JSON.stringify(text)} is not a number`, line);
  for (const text of ['5.', '.5', '-.5', '-0', ' 1', '+1', '1e2', '000000000000000000001'])
    assert.deepEqual(scan([text]), [[Number(text), Number(text)]], text);
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
