/**
 * Models by what they take and give: types, ranks, sizes, defaults, and values that are no tensors.
 */
import { identity, shaped, testShapes, vector } from '../support/bench-shapes.ts';
import { constant, node, tensor, types, value, type Type } from '../support/onnx-writer.ts';

const ml = 'ai.onnx.ml';
const floats = types.tensor('float32', [2]);
const negate = [node('Neg', ['x'], ['y'])];
const weights = constant('float32', [2], [1, 2], 'w');
/** TensorProto.DataType. */
const numbers = { float32: 1, bfloat16: 16, float8e4m3fn: 17, int4: 22 };

/** `y` is `x` as another type. */
function cast(from: keyof typeof numbers, to: keyof typeof numbers): Uint8Array {
  const [inputs, outputs] = [[tensor('x', from, [2])], [tensor('y', to, [2])]];
  const nodes = [node('Cast', ['x'], ['y'], { to: numbers[to] })];
  return shaped({ inputs, outputs, nodes }, { opset: 21, irVersion: 10 });
}

/** A second output `z`, of another type, beside a float one. */
function beside(type: Type, operator: string, attributes = {}, opset = 21): Uint8Array {
  const outputs = [value('z', type), tensor('y', 'float32', [2])];
  const nodes = [node(operator, ['x'], ['z'], attributes), ...negate];
  return vector(nodes, { outputs }, { opset, irVersion: 10 });
}

/** An input of a type that is no tensor. */
function foreign(type: Type | undefined, operator = 'Identity'): Uint8Array {
  return vector([node(operator, ['x'], ['y'])], { inputs: [value('x', type)] }, { opset: 18 });
}

const notFed = (type: string): RegExp => new RegExp(String.raw`^cannot feed input "x" \(${type}\)`);
const notFetched = (type: string): RegExp =>
  new RegExp(String.raw`^the model has no output that onnxruntime-node can return: "y" is ${type}$`);
const notLoaded = (name: string, type: string): RegExp =>
  new RegExp(
    String.raw`^"${name}" is tensor\(${type}\); onnxruntime-node does not load models with inputs or outputs of`,
  );

const plain = 'float32 float64 float16 int8 int16 int32 int64 uint8 uint16 uint32 uint64 bool string'.split(
  ' ',
);

testShapes({
  ...Object.fromEntries(
    plain.map((dtype) => [dtype, { bytes: identity(dtype, [2, 'n']), shapes: { x: [2, 1] } }]),
  ),
  'bfloat16 within': {
    bytes: vector([node('Cast', ['x'], ['b'], { to: 16 }), node('Cast', ['b'], ['y'], { to: 1 })]),
  },
  'bfloat16 in': { bytes: cast('bfloat16', 'float32'), refused: notFed(String.raw`tensor\(bfloat16\)`) },
  'bfloat16 out': { bytes: cast('float32', 'bfloat16'), refused: notLoaded('y', 'bfloat16') },
  'bfloat16 beside an output that can be fetched': {
    bytes: beside(types.tensor('bfloat16', [2]), 'Cast', { to: 16 }),
    refused: notLoaded('z', 'bfloat16'),
  },
  'bfloat16 with a default': {
    bytes: vector([node('Cast', ['w'], ['v'], { to: 1 }), node('Mul', ['x', 'v'], ['y'])], {
      inputs: [tensor('x', 'float32', [2]), tensor('w', 'bfloat16', [2])],
      initializers: [constant('bfloat16', [2], { raw: Uint8Array.of(128, 63, 128, 63) }, 'w')],
    }),
    shapes: { x: [2] },
  },
  'int4 in': { bytes: cast('int4', 'float32'), refused: notFed(String.raw`tensor\(int4\)`) },
  'int4 out': { bytes: cast('float32', 'int4'), refused: notFetched(String.raw`tensor\(int4\)`) },
  'int4 beside an output that can be fetched': {
    bytes: beside(types.tensor('int4', [2]), 'Cast', { to: 22 }),
    skipped: ['z'],
  },
  'float8 in': {
    bytes: cast('float8e4m3fn', 'float32'),
    refused: notFed(String.raw`tensor\(float8e4m3fn\)`),
  },
  'float8 out': { bytes: cast('float32', 'float8e4m3fn'), refused: notLoaded('y', 'float8e4m3fn') },
  complex64: { bytes: identity('complex64', [2]), refused: notFed(String.raw`tensor\(complex64\)`) },
  'a type from the future': {
    bytes: identity(99, [2]),
    refused: notFed(String.raw`tensor\(unknown\(99\)\)`),
  },
  'no type at all': { bytes: foreign(undefined), refused: notFed('unknown') },

  'a scalar': { bytes: identity('float32', []), shapes: { x: [] } },
  'an unknown rank': {
    bytes: identity('float32', null),
    refused: /^the rank of input "x" is unknown: set its shape$/,
  },
  'an unknown rank whose shape is given': {
    bytes: identity('float32', null),
    options: { shapes: new Map([['x', [2, 3]]]) },
    shapes: { x: [2, 3] },
  },
  'dimensions with a name, without one, and of size -1': {
    bytes: identity('float32', ['batch', null, -1, 3]),
    options: { batch: 2 },
    shapes: { x: [2, 1, 1, 3] },
  },
  'a dimension of size 0': {
    bytes: vector([node('Concat', ['x', 'nothing'], ['y'], { axis: 0 })], {
      inputs: [tensor('x', 'float32', [2]), tensor('nothing', 'float32', [0])],
    }),
    shapes: { x: [2], nothing: [0] },
  },
  'an output without elements': {
    bytes: vector([node('Slice', ['x', 'none', 'none'], ['y'])], {
      outputs: [tensor('y', 'float32', ['n'])],
      initializers: [constant('int64', [1], [0], 'none')],
    }),
  },
  'a batch of a billion': {
    bytes: identity('float32', ['batch', 64]),
    options: { batch: 1e9 },
    refused: /^inputs are limited to 1 GiB: "x" would be float32 1000000000x64$/,
  },
  'dimensions whose product no number holds': {
    bytes: identity('float32', [2 ** 40, 2 ** 40]),
    refused: /^inputs are limited to 1 GiB: "x"/,
  },
  'seventy dimensions': {
    bytes: identity(
      'float32',
      Array.from({ length: 70 }, () => 1),
    ),
  },
  'three hundred inputs': {
    bytes: vector(
      [
        node(
          'Sum',
          Array.from({ length: 300 }, (_, at) => `x${at}`),
          ['y'],
        ),
      ],
      { inputs: Array.from({ length: 300 }, (_, at) => tensor(`x${at}`, 'float32', [2])) },
    ),
  },
  'inputs of several types': {
    bytes: shaped({
      inputs: [tensor('x', 'float32', ['n', 2]), tensor('rows', 'int64', ['k']), tensor('go', 'bool', [])],
      outputs: [tensor('y', 'float32', ['k', 2]), tensor('stop', 'bool', [])],
      nodes: [node('Gather', ['x', 'rows'], ['y']), node('Not', ['go'], ['stop'])],
    }),
    options: { shapes: new Map([['n', [2]]]) },
    shapes: { x: [2, 2], rows: [1], go: [] },
  },
  'an input with a default': {
    bytes: vector([node('Mul', ['x', 'w'], ['y'])], {
      inputs: [tensor('x', 'float32', [2]), tensor('w', 'float32', [2])],
      initializers: [weights],
    }),
    shapes: { x: [2] },
  },
  'nothing but defaults': {
    bytes: vector([node('Neg', ['w'], ['y'])], {
      inputs: [tensor('w', 'float32', [2])],
      initializers: [weights],
    }),
    shapes: {},
  },

  'a sequence in': {
    bytes: foreign(types.sequence(floats), 'SequenceLength'),
    refused: notFed(String.raw`seq\(tensor\(float32\)\)`),
  },
  'a sequence beside an output that can be fetched': {
    bytes: beside(types.sequence(floats), 'SequenceConstruct'),
    skipped: ['z'],
  },
  'nothing but a sequence out': {
    bytes: vector([node('SequenceConstruct', ['x'], ['y'])], {
      outputs: [value('y', types.sequence(floats))],
    }),
    refused: notFetched(String.raw`seq\(tensor\(float32\)\)`),
  },
  'an optional in': {
    bytes: foreign(types.optional(floats), 'OptionalGetElement'),
    refused: notFed(String.raw`optional\(tensor\(float32\)\)`),
  },
  'an optional beside an output that can be fetched': {
    bytes: beside(types.optional(floats), 'Optional'),
    skipped: ['z'],
  },
  'a map in': {
    bytes: vector(
      [node('DictVectorizer', ['x'], ['y'], { string_vocabulary: ['a', 'b'] }, { domain: ml })],
      { inputs: [value('x', types.map('string', types.tensor('float32', [])))] },
      { opset: { '': 17, [ml]: 1 } },
    ),
    refused: notFed(String.raw`map\(string,tensor\(float32\)\)`),
  },
  'nothing but maps out': {
    bytes: vector(
      [node('ZipMap', ['x'], ['y'], { classlabels_int64s: [0, 1] }, { domain: ml })],
      {
        inputs: [tensor('x', 'float32', [1, 2])],
        outputs: [value('y', types.sequence(types.map('int64', types.tensor('float32', []))))],
      },
      { opset: { '': 17, [ml]: 3 } },
    ),
    refused: notFetched(String.raw`seq\(map\(int64,tensor\(float32\)\)\)`),
  },
  'a sparse tensor in': {
    bytes: foreign(types.sparseTensor('float32', [2])),
    refused: notFed(String.raw`sparse_tensor\(float32\)`),
  },
  'an opaque value in': {
    bytes: foreign(types.opaque('a', 'b')),
    refused: notFed(String.raw`opaque\(a,b\)`),
  },
});
