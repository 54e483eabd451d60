import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkExternalData } from '../../src/onnx/file/external-data.ts';
import { readOnnxModel } from '../../src/onnx/file/read-model.ts';
import { bytesSource } from '../support/byte-source.ts';
import {
  constant,
  graph,
  type GraphOptions,
  model,
  modelFunction,
  node,
  sparse,
  tensor,
} from '../support/onnx-writer.ts';

type Entries = Record<string, string | number> | [string, string][];

const relu: GraphOptions = {
  inputs: [tensor('X', 'float32', [4])],
  outputs: [tensor('Y', 'float32', [4])],
  nodes: [node('Relu', ['X'], ['Y'])],
};
const read = (content: Uint8Array) => readOnnxModel(bytesSource(content));
/** A model with the weights W, float32[4], outside of it. */
const outside = (external: Entries, dtype: string | number = 'float32') =>
  model({ graph: graph({ ...relu, initializers: [constant(dtype, [4], { external }, 'W')] }) });

for (const location of [
  '../weights.bin',
  'a/../../weights.bin',
  '..',
  '.',
  './.',
  '',
  './',
  '/etc/passwd',
  '//host/share',
  'a/',
  'C:/weights.bin',
  'c:weights.bin',
  'a\\b',
  '..\\weights.bin',
  'weights.bin\0.txt',
  'line\nbreak',
  'a/..',
  'a/b/../../..',
  '../model/weights.bin',
  'a/../../model/weights.bin',
  `${'a/'.repeat(2500)}w`,
  '*/_ORT_MEM_ADDR_/*',
]) {
  test(`external data at ${JSON.stringify(location)} is refused`, () => {
    assert.throws(() => read(outside({ location })), {
      code: 'INVALID_INPUT',
      message: /not a plain relative path/,
    });
  });
}

for (const [what, entries, message] of [
  ['an unknown key', { location: 'w', basepath: '/etc' }, /unknown key "basepath"/],
  ['an empty key', { location: 'w', '': 'x' }, /unknown key ""/],
  ['no location', { offset: 0 }, /no location/],
  [
    'two locations',
    [
      ['location', 'a'],
      ['location', 'b'],
    ],
    /duplicate location/,
  ],
  [
    'two equal offsets',
    [
      ['location', 'a'],
      ['offset', '0'],
      ['offset', '0'],
    ],
    /duplicate offset/,
  ],
  ['a negative offset', { location: 'w', offset: -1 }, /offset "-1"/],
  ['a negative length', { location: 'w', length: -16 }, /length "-16"/],
  ['a huge offset', { location: 'w', offset: '9223372036854775807' }, /offset "9223372036854775807"/],
  ['an offset that only just fits', { location: 'w', offset: '9007199254740990' }, /is out of range/],
  ['a hexadecimal offset', { location: 'w', offset: '0x10' }, /offset "0x10"/],
  ['a fractional offset', { location: 'w', offset: '1.5' }, /offset "1.5"/],
  ['an offset with an exponent', { location: 'w', offset: '1e3' }, /offset "1e3"/],
  ['an offset with blanks', { location: 'w', offset: ' 1' }, /offset " 1"/],
  ['an empty offset', { location: 'w', offset: '' }, /offset ""/],
  ['a length that is not the tensor’s', { location: 'w', length: 15 }, /length is 15 bytes, but .* need 16/],
] as [string, Entries, RegExp][]) {
  test(`external data with ${what} is refused`, () => {
    assert.throws(() => read(outside(entries)), { code: 'INVALID_INPUT', message });
  });
}

for (const [location, path, through] of [
  ['./w.bin', 'w.bin', []],
  ['././w.bin', 'w.bin', []],
  ['weights/./w.bin', 'weights/w.bin', []],
  ['weights//w.bin', 'weights/w.bin', []],
  ['.//w.bin', 'w.bin', []],
  ['weights/../w.bin', 'w.bin', ['weights']],
  ['a/b/../../c/./w.bin', 'c/w.bin', ['a/b', 'a']],
  ['model.layers.0:weight', 'model.layers.0:weight', []],
  ['a|b', 'a|b', []],
  ['what?<"now">', 'what?<"now">', []],
  ['..weights/..w', '..weights/..w', []],
  [' w', ' w', []],
] as const) {
  test(`external data at ${JSON.stringify(location)} is in ${path}`, () => {
    const { model: facts, externalReferences } = read(outside({ location }));
    assert.deepEqual(facts.externalData, [path]);
    assert.deepEqual(externalReferences[0]?.through ?? [], through);
  });
}

test('a folder that a location only passes through must be there', () => {
  const at = (location: string, name: string) => constant('float32', [4], { external: { location } }, name);
  const { externalReferences } = read(
    model({
      graph: graph({ ...relu, initializers: [at('w', 'a'), at('x/../w', 'b'), at('y/z/../../w', 'c')] }),
    }),
  );
  const check = (...paths: string[]) =>
    checkExternalData(externalReferences, new Map(['w', ...paths].map((path) => [path, 16])));
  assert.doesNotThrow(() => check('x/1', 'y/z/1'));
  assert.throws(() => check('x/1', 'y/1'), {
    code: 'INVALID_INPUT',
    message: /path of "w" .* uses the folder "y\/z", which is not in the artifact/,
  });
  assert.throws(() => check(), { message: /folder "x"/ });
});

test('a file that is reached in more ways than any exporter writes is refused', () => {
  const initializers = Array.from({ length: 65 }, (_, at) =>
    constant('float32', [4], { external: { location: `f${at}/../w` } }, `t${at}`),
  );
  assert.throws(() => read(model({ graph: graph({ ...relu, initializers }) })), {
    code: 'INVALID_INPUT',
    message: /"w" is written in too many different ways/,
  });
});

test('weights that ONNX Runtime has packed beforehand may stand beside a tensor, within the file', () => {
  const external = { location: 'w', offset: 0, length: 16, prepacked_0: 'MatMul+10479|16;64;0|96;32;7' };
  const { externalReferences } = read(outside(external));
  assert.doesNotThrow(() => checkExternalData(externalReferences, new Map([['w', 128]])));
  assert.throws(() => checkExternalData(externalReferences, new Map([['w', 127]])), {
    code: 'INVALID_INPUT',
    message: 'tensor "W" needs packed weights up to byte 128 of "w", but the file has 127 bytes',
  });
  const many = Array.from({ length: 40 }, (_, at): [string, string] => [`prepacked_${at}`, 'what it likes']);
  assert.deepEqual(read(outside([['location', 'w'], ...many])).externalReferences, [
    { location: 'w', offset: 0, length: 16, tensor: 'W' },
  ]);
  for (const key of ['prepacked', 'prepacked_', 'prepacked_x', 'prepacked_0 '])
    assert.throws(() => read(outside({ location: 'w', [key]: '' })), { message: /unknown key/ });
});

test('an unknown data location is refused', () => {
  const content = Buffer.from(outside({ location: 'w' }));
  // data_location = 1 is the only field 14 (0x70): make it 2.
  content[content.indexOf(Buffer.of(0x70, 0x01)) + 1] = 2;
  assert.throws(() => read(content), { code: 'INVALID_INPUT', message: /data_location 2/ });
});

test('all keys of the standard are taken, and a leading ./ is dropped', () => {
  const { model: facts, externalReferences } = read(
    outside({ location: './data/w.bin', offset: 4096, length: 16, checksum: 'da39a3ee' }),
  );
  assert.deepEqual(facts.externalData, ['data/w.bin']);
  assert.deepEqual(externalReferences, [{ location: 'data/w.bin', offset: 4096, length: 16, tensor: 'W' }]);
  assert.equal(facts.parameterCount, 4);
});

test('external tensors are found wherever a tensor may stand', () => {
  const lie = (location: string) => constant('float32', [2], { external: { location } }, location);
  const body = graph({
    outputs: [tensor('t', 'float32', [2])],
    initializers: [lie('nested')],
    nodes: [node('Relu', ['nested'], ['t'])],
  });
  const content = model({
    graph: graph({
      ...relu,
      initializers: [lie('initializer')],
      sparseInitializers: [
        sparse(
          lie('sparse-values'),
          constant('int64', [2], { external: { location: 'sparse-indices' } }),
          [9],
        ),
      ],
      nodes: [
        ...relu.nodes!,
        node('A', [], ['a'], { value: lie('attribute') }),
        node('B', [], ['b'], { values: [lie('list-0'), lie('list-1')] }),
        node('C', [], ['c'], { value: sparse(lie('sparse-attribute'), constant('int64', [2], [0, 1]), [9]) }),
        node('If', ['X'], ['d'], { then_branch: body, branches: [graph({ initializers: [lie('graphs')] })] }),
      ],
    }),
    functions: [
      modelFunction({
        domain: 'my',
        name: 'F',
        inputs: [],
        outputs: ['o'],
        defaults: { value: lie('default') },
        nodes: [node('D', [], ['o'], { value: lie('function') })],
      }),
    ],
    training: [graph({ initializers: [lie('training')], nodes: [node('E', ['elsewhere'], ['e'])] })],
  });
  assert.deepEqual(
    read(content).model.externalData,
    'initializer sparse-values sparse-indices attribute list-0 list-1 sparse-attribute nested graphs default function training'
      .split(' ')
      .toSorted(),
  );
});

test('of each file only the tensor that reaches furthest is kept, and checked', () => {
  const at = (name: string, offset: number) =>
    constant('float32', [4], { external: { location: 'w.bin', offset } }, name);
  const { externalReferences } = read(
    model({ graph: graph({ ...relu, initializers: [at('a', 0), at('c', 32), at('b', 16)] }) }),
  );
  assert.deepEqual(externalReferences, [{ location: 'w.bin', offset: 32, length: 16, tensor: 'c' }]);
  assert.doesNotThrow(() => checkExternalData(externalReferences, new Map([['w.bin', 48]])));
  assert.throws(() => checkExternalData(externalReferences, new Map([['w.bin', 47]])), {
    code: 'INVALID_INPUT',
    message: 'tensor "c" needs 16 bytes at offset 32 of "w.bin", but the file has 47 bytes',
  });
  assert.throws(() => checkExternalData(externalReferences, new Map([['W.bin', 48]])), {
    code: 'INVALID_INPUT',
    message: 'tensor "c" has its data in "w.bin", which is not in the artifact',
  });
});

test('where neither the length nor the type says how long it is, the offset must lie in the file', () => {
  const { externalReferences } = read(outside({ location: 'w', offset: 10 }, 99));
  assert.doesNotThrow(() => checkExternalData(externalReferences, new Map([['w', 10]])));
  assert.throws(() => checkExternalData(externalReferences, new Map([['w', 9]])), {
    message: 'tensor "W" needs data from offset 10 of "w", but the file has 9 bytes',
  });
});
