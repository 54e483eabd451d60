import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test, type TestContext } from 'node:test';
import type { MlregError } from '../../src/core/errors.ts';
import type { Signature, ValueInfo } from '../../src/core/versions/signature.ts';
import { checkGoldenSet } from '../../src/onnx/golden/golden-set.ts';
import { f32, i64, tensorFile, text } from '../support/golden-tensors.ts';
import { message, text as textField } from '../support/protobuf-writer.ts';
import { failsWith, tempFolder } from '../support/temp-folder.ts';

const value = (name: string, dtype: string, shape: ValueInfo['shape']): ValueInfo => ({
  name,
  type: `tensor(${dtype})`,
  dtype,
  shape,
});
const signature: Signature = {
  inputs: [
    value('x', 'float32', ['batch', 2]),
    { ...value('w', 'float32', [2]), hasDefault: true },
    value('n', 'int64', []),
  ],
  outputs: [
    value('y', 'float32', ['batch']),
    { name: 's', type: 'seq(tensor(float32))', dtype: null, shape: null },
  ],
};

const x = { dtype: 'float32', shape: [1, 2], data: [1, 2] };
const n = { dtype: 'int64', shape: [], data: [1] };
const y = { dtype: 'float32', shape: [1], data: [3] };
const sound = { inputs: { x, n }, outputs: { y } };
const withX = (change: object) => ({ cases: [{ ...sound, inputs: { n, x: { ...x, ...change } } }] });
const withN = (change: object) => ({ cases: [{ ...sound, inputs: { x, n: { ...n, ...change } } }] });

function check(
  t: TestContext,
  files: Record<string, string | Uint8Array>,
): ReturnType<typeof checkGoldenSet>['cases'] {
  const folder = tempFolder(t);
  const paths = Object.entries(files).map(([path, content]): [string, string] => {
    const location = join(folder, path);
    mkdirSync(dirname(location), { recursive: true });
    writeFileSync(location, content);
    return [path, location];
  });
  return checkGoldenSet(new Map(paths), signature).cases;
}

const json: [string, unknown, RegExp][] = [
  ['no JSON', 'cases: 1', /"g\.json" is not valid JSON/],
  ['bytes that are not UTF-8', Uint8Array.of(0xff, 0xfe, 0x00), /not UTF-8/],
  ['a list', [], /it must be an object/],
  ['no cases', {}, /"cases" must be a list/],
  ['an empty list of cases', { cases: [] }, /"cases" must be a list/],
  ['an unknown key', { cases: [sound], tolerance: 1 }, /unknown key "tolerance"/],
  ['a negative tolerance', { cases: [sound], atol: -1 }, /"atol" must be a number of at least 0/],
  ['a tolerance that is text', { cases: [sound], rtol: '1' }, /"rtol" must be/],
  ['a case that is no object', { cases: [sound, 3] }, /cases\[1\]: it must be an object/],
  ['a case without inputs', { cases: [{ outputs: { y } }] }, /cases\[0\]\.inputs: it must be an object/],
  ['an unknown key in a case', { cases: [{ ...sound, name: 'a' }] }, /cases\[0\]: unknown key "name"/],
  ['no outputs', { cases: [{ ...sound, outputs: {} }] }, /cases\[0\]: it has no expected outputs/],
  [
    'an input that the model lacks',
    { cases: [{ ...sound, inputs: { x, n, z: x } }] },
    /no input "z"; its inputs: "x", "w", "n"/,
  ],
  [
    'an output that the model lacks',
    { cases: [{ ...sound, outputs: { z: y } }] },
    /no output "z"; its outputs: "y", "s"/,
  ],
  ['a missing input', { cases: [{ ...sound, inputs: { x } }] }, /missing input "n" \(int64\[\]\)/],
  [
    'a tensor that is a list',
    { cases: [{ ...sound, inputs: { n, x: [1, 2] } }] },
    /inputs\."x": it must be an object/,
  ],
  [
    'another dtype',
    withX({ dtype: 'float64' }),
    /"x": input "x" is float64\[1,2\], but the model declares float32\[batch,2\]/,
  ],
  ['a dtype that is none', withX({ dtype: 'float' }), /is float\[1,2\], but/],
  ['another rank', withX({ shape: [2] }), /is float32\[2\], but/],
  ['another size', withX({ shape: [2, 1] }), /is float32\[2,1\], but/],
  ['a shape of text', withX({ shape: ['batch', 2] }), /"shape" must be a list of sizes/],
  ['a negative size', withX({ shape: [-1, -2] }), /"shape" must be/],
  ['a size beyond all bounds', withX({ shape: [2 ** 52, 2] }), /has 2 elements, but the shape/],
  ['too few elements', withX({ data: [1] }), /"data" has 1 element, but the shape \[1,2\] needs 2/],
  ['nested data', withX({ data: [[1, 2]] }), /"data" has 1 element/],
  ['data that is text', withX({ data: 'ab' }), /"data" must be a flat list/],
  ['an unknown key in a tensor', withX({ layout: 'NCHW' }), /unknown key "layout"/],
  ['text in floats', withX({ data: [1, 'two'] }), /data\[1\]: "two" is not a valid float32/],
  ['null in floats', withX({ data: [1, null] }), /data\[1\]: null is not/],
  ['a list in floats', withX({ data: [1, []] }), /data\[1\]: \[\] is not/],
  [
    'a float that is too large',
    withX({ data: [1, 1e39] }),
    /data\[1\]: 1e\+39 is not a valid float32; it is too large/,
  ],
  ['a fraction in integers', withN({ data: [1.5] }), /data\[0\]: 1.5 is not a valid int64; use integers/],
  ['an integer that JSON has rounded', withN({ data: [2 ** 53] }), /use a string of digits/],
  [
    'an integer beyond 64 bits',
    withN({ data: ['9223372036854775808'] }),
    /the range is -9223372036854775808 to 9223372036854775807/,
  ],
  ['a hexadecimal integer', withN({ data: ['0x10'] }), /not a valid int64/],
  ['NaN as an integer', withN({ data: ['NaN'] }), /not a valid int64/],
  ['a duplicate key', JSON.stringify(withN({})).replace('"n":', '"x":'), /duplicate key "x"/],
  [
    'a key that is no name',
    '{"cases":[{"inputs":{"__proto__":1},"outputs":{}}]}',
    /"__proto__" is not allowed/,
  ],
  [
    'a number that no double holds',
    JSON.stringify(withN({})).replace('[1]', '[1e999]'),
    /does not fit a double/,
  ],
  ['depth', `{"cases":[${'['.repeat(20)}${']'.repeat(20)}]}`, /nested more than/],
];

for (const [name, content, reason] of json) {
  test(`a JSON file is refused: ${name}`, (t) => {
    const bytes =
      typeof content === 'string' || content instanceof Uint8Array ? content : JSON.stringify(content);
    assert.throws(() => check(t, { 'g.json': bytes }), failsWith('INVALID_INPUT', reason));
  });
}

const input0 = tensorFile(f32([1, 2], [1, 2]));
const input1 = tensorFile(i64([], [1]));
const output0 = tensorFile(f32([1], [3]));
const set = (files: Record<string, Uint8Array>, folder = 'test_data_set_0') =>
  Object.fromEntries(
    Object.entries({ 'input_0.pb': input0, 'input_1.pb': input1, 'output_0.pb': output0, ...files }).map(
      ([path, bytes]) => [`${folder}/${path}`, bytes],
    ),
  );

const sets: [string, Record<string, Uint8Array>, RegExp][] = [
  [
    'an empty file',
    set({ 'input_0.pb': new Uint8Array() }),
    /"test_data_set_0\/input_0\.pb": not a readable TensorProto: it has no data type$/,
  ],
  [
    'text',
    set({ 'input_0.pb': Buffer.from('hello, world') }),
    /"test_data_set_0\/input_0\.pb": not a readable TensorProto/,
  ],
  ['half a file', set({ 'output_0.pb': output0.slice(0, -1) }), /output_0\.pb": not a readable TensorProto/],
  [
    'a position that the model lacks',
    set({ 'input_2.pb': input1 }),
    /no input at position 2: the model has 2 \("x", "n"\)/,
  ],
  ['a missing input', { 'input_0.pb': input0, 'output_0.pb': output0 }, /"test_data_set": missing input "n"/],
  [
    'no outputs',
    { 'input_0.pb': input0, 'input_1.pb': input1 },
    /"test_data_set": it has no expected outputs/,
  ],
  [
    'two files for one input',
    set({ 'input_1.pb': tensorFile(f32([1, 2], [1, 2]), { name: 'x' }) }),
    /duplicate value for input "x": also in "test_data_set_0\/input_0\.pb"/,
  ],
  ['one number twice', set({ 'input_00.pb': input0 }), /have the same number/],
  [
    'another dtype',
    set({ 'output_0.pb': tensorFile(text([1], ['a'])) }),
    /output "y" is string\[1\], but the model declares float32\[batch\]/,
  ],
  [
    'a sequence where a tensor belongs',
    set({ 'input_0.pb': message(textField(1, 'seq')) }),
    /input_0\.pb": /,
  ],
];

for (const [name, files, reason] of sets) {
  test(`a data set is refused: ${name}`, (t) => {
    assert.throws(() => check(t, files), failsWith('INVALID_INPUT', reason));
  });
}

test('files that are of no golden set are refused', (t) => {
  assert.throws(
    () => check(t, { 'a.json': '{}', 'b.json': '{}' }),
    failsWith('INVALID_INPUT', /"a\.json" is not an input_I\.pb/),
  );
  assert.throws(() => checkGoldenSet(new Map(), signature), failsWith('INVALID_INPUT'));
});

test('a JSON file that is too large is refused unread', (t) => {
  const folder = tempFolder(t);
  const location = join(folder, 'g.json');
  writeFileSync(location, Buffer.alloc(64 * 2 ** 20 + 1, ' '));
  assert.throws(
    () => checkGoldenSet(new Map([['g.json', location]]), signature),
    failsWith('INVALID_INPUT', /the limit for a JSON file is 67108864/),
  );
});

test('floats that JSON has no number for, and integers that it would round, are given as strings', (t) => {
  const cases = [
    {
      inputs: { x: { ...x, data: ['NaN', '-Infinity'] }, n: { ...n, data: ['-9223372036854775808'] } },
      outputs: { y: { ...y, data: ['Infinity'] } },
    },
  ];
  assert.deepEqual(check(t, { 'g.json': JSON.stringify({ cases }) }), [
    { case: 'cases[0]', skippedOutputs: [] },
  ]);
});

test('numbers that JSON cannot hold, and NaN as others write it, are refused with what to write', (t) => {
  const refused: [string, RegExp, RegExp][] = [
    [
      JSON.stringify(withN({ data: ['~'] })).replace('"~"', '9007199254740993'),
      /data\[0\]: beyond 9007199254740991, integers in JSON lose digits \(this one reads as 9007199254740992\)/,
      /"9007199254740993"/,
    ],
    [JSON.stringify(withN({ data: [0.5] })), /data\[0\]: 0\.5 is not a valid int64/, /"dtype": "int64"/],
    [JSON.stringify(withX({ data: [1, true] })), /data\[1\]: true is not/, /"dtype": "float32".*"NaN"/],
    [
      JSON.stringify(withX({ data: [1, '~'] })).replace('"~"', 'NaN'),
      /"g\.json" is not valid JSON/,
      /use the strings "NaN", "Infinity" and "-Infinity"/,
    ],
  ];
  for (const [text, message, hint] of refused) {
    assert.throws(
      () => check(t, { 'g.json': text }),
      (error) => failsWith('INVALID_INPUT', message)(error) && hint.test((error as MlregError).hint),
    );
  }
});

test('a file for no output says which there are, and what to do with it', (t) => {
  const files = set({ 'output_2.pb': tensorFile(f32([1], [3])) });
  assert.throws(
    () => check(t, files),
    (error) =>
      failsWith('INVALID_INPUT', /no output at position 2: the model has 2 \("y", "s"\)/)(error) &&
      /remove it, or/.test((error as MlregError).hint),
  );
});

test('symbols take any size, in each case and in each value anew', (t) => {
  const one = {
    inputs: { x: { dtype: 'float32', shape: [3, 2], data: [1, 2, 3, 4, 5, 6] }, n },
    outputs: { y },
  };
  assert.equal(check(t, { 'g.json': JSON.stringify({ cases: [sound, one] }) }).length, 2);
});

test('a tensor that bears a name is for that value, the others are in order; inputs with a default do not count', (t) => {
  const swapped = set({
    'input_0.pb': tensorFile(i64([], [1]), { name: 'n' }),
    'input_1.pb': tensorFile(f32([1, 2], [1, 2]), { name: 'x' }),
  });
  assert.deepEqual(check(t, swapped), [{ case: 'test_data_set_0', skippedOutputs: [] }]);
  const unknown = set({ 'input_0.pb': tensorFile(f32([1, 2], [1, 2]), { name: 'gpu_0/data_0' }) });
  assert.equal(check(t, unknown).length, 1);
});

test('data sets are cases in the order of their numbers, wherever they lie', (t) => {
  const files = Object.assign(
    {},
    ...[10, 2, 0].map((number) => set({}, `sets/test_data_set_${number}`)),
  ) as Record<string, Uint8Array>;
  assert.deepEqual(
    check(t, files).map((one) => one.case),
    ['sets/test_data_set_0', 'sets/test_data_set_2', 'sets/test_data_set_10'],
  );
});
