import assert from 'node:assert/strict';
import { copyFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Signature, ValueInfo } from '../../src/core/versions/signature.ts';
import { readFeedCases } from '../../src/onnx/feeds/recorded-feeds.ts';
import { checkGoldenSet, readGoldenSet, loadedBytes } from '../../src/onnx/golden/golden-set.ts';
import { addGolden } from '../../src/registry/golden/add-golden.ts';
import { testVersion } from '../../src/registry/inspect/test-version.ts';
import { f4, i8, npy, zip, type ZipOptions } from '../support/npz-writer.ts';
import { graph, model, node, tensor } from '../support/onnx-writer.ts';
import { failsWith, tempFolder, type Cleanup } from '../support/temp-folder.ts';
import { add, exact, tempRegistry } from '../support/temp-registry.ts';

const value = (name: string, dtype: string, shape: ValueInfo['shape']): ValueInfo => ({
  name,
  type: `tensor(${dtype})`,
  dtype,
  shape,
});
const signature: Signature = {
  inputs: [value('x', 'float32', ['n', 2])],
  outputs: [value('y', 'int64', ['n'])],
};
const x = f4([1, 2], [1, 2]);
const y = i8([1], [3]);

type Entries = (readonly [string, Uint8Array])[];

function npz(context: Cleanup, entries: Entries, options: ZipOptions = {}): Map<string, string> {
  return written(context, zip(entries, options));
}

function written(context: Cleanup, bytes: Uint8Array): Map<string, string> {
  const location = join(tempFolder(context), 'golden.npz');
  writeFileSync(location, bytes);
  return new Map([['golden.npz', location]]);
}

const valuesOf = (files: Map<string, string>, of = signature) =>
  readGoldenSet(files, of).map(({ name, inputs, outputs }) => ({
    name,
    values: [...inputs, ...outputs].map(([key, one]) => [key, [...one.load().data]]),
  }));

for (const deflate of [false, true])
  test(`arrays belong to the inputs and outputs of their names, ${deflate ? 'compressed' : 'stored'}`, (context) => {
    const one = {
      name: 'cases[0]',
      values: [
        ['x', [1, 2]],
        ['y', [3n]],
      ],
    };
    for (const names of [
      ['x.npy', 'y.npy'],
      ['input/x.npy', 'output/y.npy'],
    ] as const) {
      const files = npz(
        context,
        [
          [names[0], x],
          [names[1], y],
        ],
        { deflate },
      );
      assert.deepEqual(valuesOf(files), [one]);
      assert.equal(checkGoldenSet(files, signature).cases.length, 1);
    }
    const several = npz(
      context,
      [
        ['10/x.npy', f4([2, 2], [5, 6, 7, 8])],
        ['10/y.npy', i8([2], [1, 2])],
        ['2/input/x.npy', x],
        ['2/output/y.npy', y],
        ['atol.npy', f4([], [0.5])],
      ],
      { deflate },
    );
    assert.deepEqual(
      valuesOf(several).map(({ name }) => name),
      ['cases[2]', 'cases[10]'],
    );
    assert.deepEqual(readGoldenSet(several, signature)[0]?.tolerance, { atol: 0.5 });
  });

test('a name of the model wins over its parts, and one of both sides must say which', (context) => {
  const odd: Signature = {
    inputs: [value('input/x', 'float32', null), value('z', 'float32', null)],
    outputs: [value('z', 'float32', null)],
  };
  const z = f4([1], [1]);
  const files = npz(context, [
    ['input/x.npy', x],
    ['input/z.npy', z],
    ['output/z.npy', z],
  ]);
  assert.equal(valuesOf(files, odd)[0]?.values.length, 3);
  const both = npz(context, [
    ['input/x.npy', x],
    ['z.npy', z],
  ]);
  assert.throws(
    () => readGoldenSet(both, odd),
    failsWith('INVALID_INPUT', /is an input and an output: name it input\/z/),
  );
});

test('bytes in any order give the values that NumPy has', (context) => {
  const info = (dtype: string): Signature => ({
    inputs: [value('x', dtype, null)],
    outputs: [value('y', 'int64', ['n'])],
  });
  const read = (dtype: string, array: Uint8Array): unknown[] => {
    const files = npz(context, [
      ['x.npy', array],
      ['y.npy', y],
    ]);
    return [...(readGoldenSet(files, info(dtype))[0]?.inputs.get('x')?.load().data ?? [])];
  };
  const bytes = (array: ArrayBufferView): Uint8Array =>
    new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
  // Column by column: [[1, 2, 3], [4, 5, 6]].
  const columns = bytes(Int16Array.of(1, 4, 2, 5, 3, 6));
  assert.deepEqual(read('int16', npy('<i2', [2, 3], columns, { fortran: true })), [1, 2, 3, 4, 5, 6]);
  const big = Buffer.alloc(16);
  big.writeBigInt64BE(-2n, 0);
  big.writeBigInt64BE(2n ** 62n, 8);
  assert.deepEqual(read('int64', npy('>i8', [2], big)), [-2n, 2n ** 62n]);
  const double = Buffer.alloc(8);
  double.writeDoubleBE(0.1);
  assert.deepEqual(read('float64', npy('>f8', [1], double, { version: 2 })), [0.1]);
  assert.deepEqual(read('float16', npy('<f2', [1], bytes(Uint16Array.of(0x3c00)))), [0x3c00]);
  assert.deepEqual(read('bool', npy('|b1', [2], Uint8Array.of(0, 1))), [0, 1]);
  const points = Uint32Array.of(0x48, 0x1f600, 0, 0x41, 0, 0);
  assert.deepEqual(read('string', npy('<U3', [2], bytes(points))), ['H😀', 'A']);
  assert.deepEqual(read('string', npy('|S3', [2], Buffer.from('ab\0c\0\0'))), ['ab', 'c']);
  assert.deepEqual(
    read('string', npy('<U1', [2, 2], bytes(Uint32Array.of(65, 66, 67, 68)), { fortran: true })),
    ['A', 'C', 'B', 'D'],
  );
  assert.deepEqual(read('float32', npy('<f4', [0, 4], new Uint8Array())), []);
});

test('what is no tensor, or does not fit its own header, is refused with the array and the reason', (context) => {
  const refused: [array: Uint8Array, why: RegExp][] = [
    [npy('|O', [1], Buffer.from('\x80\x04K\x01.')), /Python objects.*never read/],
    [
      npy('', [1], new Uint8Array(8), {
        header: "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,), }",
      }),
      /structured array/,
    ],
    [npy('<c8', [1], new Uint8Array(8)), /dtype "<c8" is not supported/],
    [npy('<M8[s]', [1], new Uint8Array(8)), /is not supported/],
    [npy('<U0', [1_000_000_000], new Uint8Array()), /is not supported/],
    [npy('<f4', [3], new Uint8Array(8)), /has 8 bytes of data, but float32\[3\] needs 12/],
    [npy('<f4', [2 ** 40, 2 ** 40], new Uint8Array(8)), /is too large/],
    [npy('<f4', Array<number>(65).fill(1), new Uint8Array(4)), /65 dimensions/],
    [npy('', [], new Uint8Array(), { header: '{}' }), /header is malformed/],
    [npy('', [], new Uint8Array(), { header: "__import__('os').system('true')" }), /header is malformed/],
    [npy('', [], new Uint8Array(), { header: ' '.repeat(20_000) }), /truncated or too long/],
    [npy('<f4', [2], new Uint8Array(8), { version: 9 }), /unknown format version 9/],
    [new Uint8Array(), /not a NumPy array/],
    [Buffer.from('not an array at all'), /not a NumPy array/],
  ];
  for (const deflate of [false, true])
    for (const [array, why] of refused)
      assert.throws(
        () =>
          checkGoldenSet(
            npz(
              context,
              [
                ['x.npy', array],
                ['y.npy', y],
              ],
              { deflate },
            ),
            signature,
          ),
        (error) =>
          failsWith('INVALID_INPUT', why)(error) &&
          failsWith('INVALID_INPUT', /"golden\.npz": array "x"/)(error),
        String(why),
      );
  for (const [array, why] of [
    [npy('|b1', [1], Uint8Array.of(2)), /neither 0 nor 1/],
    [npy('|S3', [1], Buffer.from('a\0b')), /NUL/],
    [npy('<U1', [1], new Uint8Array(Uint32Array.of(0xd800).buffer)), /not valid Unicode/],
    [npy('|S1', [1], Uint8Array.of(0xff)), /not UTF-8/],
  ] as const) {
    const dtype = String(why).includes('neither') ? 'bool' : 'string';
    const of = { ...signature, inputs: [value('x', dtype, null)] };
    assert.throws(
      () =>
        checkGoldenSet(
          npz(context, [
            ['x.npy', array],
            ['y.npy', y],
          ]),
          of,
        ),
      failsWith('INVALID_INPUT', why),
    );
  }
});

test('an archive that is none, lies, or would unpack to more than it says is refused', (context) => {
  const sound = zip([
    ['x.npy', x],
    ['y.npy', y],
  ]);
  const zeros = f4([1, 2], [0, 0]);
  const bomb = f4([1, 2 ** 20], Array<number>(2 ** 20).fill(0));
  const cases: [what: Uint8Array, why: RegExp][] = [
    [Buffer.from('{"cases": []}'), /not a ZIP archive/],
    [sound.subarray(0, -30), /not a ZIP archive/],
    [new Uint8Array(), /not a ZIP archive/],
    [
      zip([
        ['x.npy', x],
        ['x.npy', x],
        ['y.npy', y],
      ]),
      /duplicate entry "x\.npy"/,
    ],
    [
      zip(
        [
          ['x.npy', x],
          ['y.npy', y],
        ],
        { change: () => ({ flags: 1 }) },
      ),
      /is encrypted/,
    ],
    [
      zip(
        [
          ['x.npy', x],
          ['y.npy', y],
        ],
        { change: () => ({ method: 14 }) },
      ),
      /unknown method 14/,
    ],
    [
      zip(
        [
          ['x.npy', x],
          ['y.npy', y],
        ],
        { change: ({ crc }) => ({ crc: (crc ^ 1) >>> 0 }) },
      ),
      /its CRC does not match/,
    ],
    [
      zip(
        [
          ['x.npy', x],
          ['y.npy', y],
        ],
        { change: ({ size }) => ({ size: size + 1 }) },
      ),
      /size that it says/,
    ],
    [
      zip(
        [
          ['x.npy', zeros],
          ['y.npy', y],
        ],
        { deflate: true, change: ({ crc }) => ({ crc: (crc ^ 1) >>> 0 }) },
      ),
      /CRC does not match/,
    ],
    // Says that it has eight bytes of data, and would unpack to four million.
    [
      zip(
        [
          ['x.npy', bomb],
          ['y.npy', y],
        ],
        { deflate: true, change: ({ name, size }) => ({ size: name === 'x.npy' ? x.length : size }) },
      ),
      /bytes of data, but|size that it says/,
    ],
    [
      zip([
        ['x.npy', x],
        ['z.npy', y],
      ]),
      /array "z": the model has no input or output of this name; its inputs: "x"; its outputs: "y"/,
    ],
    [
      zip([
        ['x.npy', x],
        ['0/y.npy', y],
      ]),
      /some arrays have a case number/,
    ],
    [
      zip([
        ['x.npy', x],
        ['input/x.npy', x],
        ['y.npy', y],
      ]),
      /duplicate value for input "x"/,
    ],
    [
      zip([
        ['x.npy', x],
        ['y.npy', y],
        ['atol.npy', f4([2], [1, 2])],
      ]),
      /a tolerance must be one number/,
    ],
    [
      zip([
        ['x.npy', x],
        ['y.npy', y],
        ['rtol.npy', f4([], [Number.NaN])],
      ]),
      /a tolerance must be one number/,
    ],
    [zip([]), /no arrays/],
  ];
  for (const [bytes, why] of cases)
    assert.throws(
      () => checkGoldenSet(written(context, bytes), signature),
      failsWith('INVALID_INPUT', why),
      String(why),
    );
  const overlapping = Buffer.from(sound);
  // The second entry of the directory points at the first local header.
  overlapping.writeUInt32LE(0, overlapping.lastIndexOf('PK\u0001\u0002') + 42);
  assert.throws(
    () => checkGoldenSet(written(context, overlapping), signature),
    failsWith('INVALID_INPUT', /overlaps/),
  );
  for (let at = 0; at < sound.length; at += 7) {
    const flipped = Uint8Array.from(sound);
    flipped[at]! ^= 0x10;
    try {
      checkGoldenSet(written(context, flipped), signature);
    } catch (error) {
      assert.ok(failsWith('INVALID_INPUT')(error));
    }
  }
});

test('inputs of an archive are fed, whatever its outputs are', (context) => {
  const files = npz(context, [
    ['x.npy', x],
    ['y.npy', Buffer.from('no array')],
  ]);
  const [one] = readFeedCases(files, signature);
  assert.deepEqual([one?.name, one?.shapes, one?.unfed], ['cases[0]', { x: [1, 2] }, null]);
});

test('an archive is registered, added and tested like any golden set', async (context) => {
  const registry = await tempRegistry(context);
  const folder = tempFolder(context);
  const file = join(folder, 'relu.onnx');
  writeFileSync(
    file,
    model({
      graph: graph({
        inputs: [tensor('x', 'float32', ['n'])],
        outputs: [tensor('y', 'float32', ['n'])],
        nodes: [node('Relu', ['x'], ['y'])],
      }),
    }),
  );
  const archive = (name: string, ...values: number[]): string => {
    const path = join(folder, name);
    const positive = values.map((one) => Math.max(0, one));
    writeFileSync(
      path,
      zip([
        ['x.npy', f4([values.length], values)],
        ['y.npy', f4([values.length], positive)],
      ]),
    );
    return path;
  };
  const registered = await add(registry, 'relu', file, { golden: archive('one.npz', -1, 2) });
  assert.deepEqual([registered.golden?.files, registered.warnings], [1, []]);
  const ref = exact('relu@1.0.0');
  await addGolden(registry, { ref, path: archive('two.npz', 3) });
  const result = await testVersion(registry, { ref });
  assert.deepEqual([result.verdict, result.cases.length], ['pass', 2]);
  const against = await testVersion(registry, { ref, against: archive('three.npz', 5, -5) });
  assert.deepEqual([against.verdict, against.golden.source], ['pass', 'file']);
});

test('a compressed archive counts as unpacked for the memory of the child, whatever its name on disk', (t) => {
  const zeros = f4([100_000, 2], Array<number>(200_000).fill(0));
  const [location = ''] = npz(t, [['x', zeros]], { deflate: true }).values();
  assert.ok(statSync(location).size < 10_000);
  const blob = `${location.slice(0, -'.npz'.length)}-blob`;
  copyFileSync(location, blob);
  assert.equal(loadedBytes(new Map([['set.NPZ', blob]])), zeros.length);
  assert.equal(loadedBytes(new Map([['golden.json', blob]])), statSync(location).size);
});
