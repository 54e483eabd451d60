import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readOnnxModel } from '../../src/onnx/file/read-model.ts';
import { bytesSource } from '../support/byte-source.ts';
import {
  attribute,
  type Attributes,
  constant,
  graph,
  type GraphOptions,
  model,
  modelFields,
  modelFunction,
  type ModelOptions,
  node,
  real,
  reals,
  reference,
  sparse,
  tensor,
  types,
  value,
} from '../support/onnx-writer.ts';
import {
  bytes,
  float,
  integer,
  message,
  packedFloats,
  packedIntegers,
  text,
} from '../support/protobuf-writer.ts';

const digestOf = (content: Uint8Array) => readOnnxModel(bytesSource(content)).model.graphDigest;

const weights = constant('float32', [2], [1, 2], 'W');
const parts: GraphOptions = {
  inputs: [tensor('X', 'float32', ['N', 2])],
  outputs: [tensor('Y', 'float32', ['N', 2])],
  initializers: [weights],
  nodes: [node('Add', ['X', 'W'], ['H'], { axis: 1 }), node('Relu', ['H'], ['Y'])],
};
const build = (changed: GraphOptions = {}, around: ModelOptions = {}) =>
  digestOf(model({ ...around, graph: graph({ ...parts, ...changed }) }));
const base = build();

/** The digest of a model whose only node has these attributes. */
const withAttributes = (attributes: Attributes) =>
  build({ initializers: [], nodes: [node('Op', ['X'], ['Y'], attributes)] });
const withEncoded = (...encoded: Uint8Array[]) =>
  build({ nodes: [{ kind: 'node', bytes: message(text(1, 'X'), text(2, 'Y'), text(4, 'Op'), encoded) }] });

for (const [what, digest] of Object.entries({
  'the name of the graph': build({ name: 'other' }),
  'doc strings': build({ docString: 'said' }, { docString: 'more' }),
  'the doc string of an input': build({
    inputs: [value('X', types.tensor('float32', ['N', 2]), 'features')],
  }),
  'names and doc strings of nodes': build({
    nodes: [
      node('Add', ['X', 'W'], ['H'], { axis: 1 }, { name: 'add_1', docString: 'adds' }),
      node('Relu', ['H'], ['Y'], {}, { name: 'relu_1' }),
    ],
  }),
  'the values of weights': build({ initializers: [constant('float32', [2], [3, 4], 'W')] }),
  'where weights are': build({
    initializers: [constant('float32', [2], { external: { location: 'w' } }, 'W')],
  }),
  'the producer': build({}, { producer: { name: 'pytorch', version: '2.13' } }),
  'the version and domain of the model': build({}, { modelVersion: 7, domain: 'com.acme' }),
  'the IR version': build({}, { irVersion: 10 }),
  metadata: build({ metadata: { a: 'b' } }, { metadata: { c: 'd' } }),
  value_info: build({ valueInfo: [tensor('H', 'float32', ['N', 2])] }),
  'training information': build({}, { training: [graph(parts)] }),
  'how the default domain is written': build({}, { opset: { 'ai.onnx': 17 } }),
})) {
  test(`the graph digest leaves out ${what}`, () => assert.equal(digest, base));
}

const twice = (changed: object = {}) => ({
  functions: [
    modelFunction({
      domain: 'my',
      name: 'F',
      inputs: ['a'],
      outputs: ['b'],
      attributes: ['k'],
      nodes: [node('Relu', ['a'], ['b'])],
      ...changed,
    }),
  ],
});
const branch = (operator: string) =>
  graph({ outputs: [tensor('t', 'float32', null)], nodes: [node(operator, ['X'], ['t'])] });
const [add, reluNode] = [parts.nodes![0]!, parts.nodes![1]!];
const reluOnly = (changed: Parameters<typeof node>[4]) => ({
  nodes: [add, node('Relu', ['H'], ['Y'], {}, changed)],
});

const different: Record<string, string> = {
  unchanged: base,
  'name of an input': build({ inputs: [tensor('Z', 'float32', ['N', 2]), ...parts.inputs!] }),
  'order of inputs': build({ inputs: [...parts.inputs!, tensor('Z', 'float32', ['N', 2])] }),
  'dtype of an input': build({ inputs: [tensor('X', 'float64', ['N', 2])] }),
  'size of an input': build({ inputs: [tensor('X', 'float32', ['N', 3])] }),
  'symbol of an input': build({ inputs: [tensor('X', 'float32', ['M', 2])] }),
  'unknown size of an input': build({ inputs: [tensor('X', 'float32', [null, 2])] }),
  'scalar input': build({ inputs: [tensor('X', 'float32', [])] }),
  'unknown rank of an input': build({ inputs: [tensor('X', 'float32', null)] }),
  'kind of an input': build({ inputs: [value('X', types.sequence(types.tensor('float32')))] }),
  'another output': build({ outputs: [...parts.outputs!, tensor('H', 'float32', ['N', 2])] }),
  'name of an initializer': build({ initializers: [weights, constant('float32', [2], [1, 2], 'V')] }),
  'dtype of an initializer': build({ initializers: [constant('float64', [2], [1, 2], 'W')] }),
  'shape of an initializer': build({ initializers: [constant('float32', [1, 2], [1, 2], 'W')] }),
  'sparse initializer': build({
    initializers: [],
    sparseInitializers: [sparse(weights, constant('int64', [2], [0, 1]), [2])],
  }),
  operator: build({ nodes: [add, node('Tanh', ['H'], ['Y'])] }),
  'domain of a node': build(reluOnly({ domain: 'com.acme' })),
  'overload of a node': build(reluOnly({ overload: 'fast' })),
  'order of nodes': build({ nodes: [reluNode, add] }),
  'inputs of a node': build({ nodes: [node('Add', ['W', 'X'], ['H'], { axis: 1 }), reluNode] }),
  'name of an inner value': build({
    nodes: [node('Add', ['X', 'W'], ['G'], { axis: 1 }), node('Relu', ['G'], ['Y'])],
  }),
  'input that is left out': build({ nodes: [add, node('Relu', ['H', ''], ['Y'])] }),
  'opset version': build({}, { opset: 18 }),
  'another opset': build({}, { opset: { '': 17, 'ai.onnx.ml': 3 } }),
  function: build({}, twice()),
  'name of a function': build({}, twice({ name: 'G' })),
  'inputs of a function': build({}, twice({ inputs: ['a', 'c'] })),
  'outputs of a function': build({}, twice({ outputs: ['b', 'a'] })),
  'attributes of a function': build({}, twice({ attributes: ['k', 'l'] })),
  'defaults of a function': build({}, twice({ defaults: { l: 1 } })),
  'opset of a function': build({}, twice({ opset: 18 })),
  'overload of a function': build({}, twice({ overload: 'o' })),
  'nodes of a function': build({}, twice({ nodes: [node('Tanh', ['a'], ['b'])] })),
  'name of an attribute': withAttributes({ a: 1 }),
  integer: withAttributes({ a: 2 }),
  'negative integer': withAttributes({ a: -2 }),
  'large integer': withAttributes({ a: 2n ** 62n }),
  float: withAttributes({ a: real(1) }),
  'other float': withAttributes({ a: real(1.5) }),
  'negative zero': withAttributes({ a: real(-0) }),
  text: withAttributes({ a: '1' }),
  integers: withAttributes({ a: [1] }),
  'more integers': withAttributes({ a: [1, 2] }),
  floats: withAttributes({ a: reals([1]) }),
  'more floats': withAttributes({ a: reals([1, 2]) }),
  texts: withAttributes({ a: ['1'] }),
  'texts, split': withAttributes({ a: ['1', '2'] }),
  'texts, joined': withAttributes({ a: ['12'] }),
  reference: withAttributes({ a: reference('k', 2) }),
  'nested graph': withAttributes({ a: branch('Relu') }),
  'operator in a nested graph': withAttributes({ a: branch('Tanh') }),
  'nested graphs': withAttributes({ a: [branch('Tanh')] }),
  type: withAttributes({ a: types.tensor('float32', [1]) }),
  'other type': withAttributes({ a: types.tensor('float32', [2]) }),
  types: withAttributes({ a: [types.tensor('float32', [2])] }),
  'small tensor': withAttributes({ a: constant('int64', [2], [1, -1]) }),
  'its values': withAttributes({ a: constant('int64', [2], [1, 0]) }),
  'its dtype': withAttributes({ a: constant('uint64', [2], [1, 0]) }),
  'its shape': withAttributes({ a: constant('int64', [1, 2], [1, 0]) }),
  'external tensor': withAttributes({ a: constant('int64', [1, 2], { external: { location: 'w' } }) }),
  'string tensor': withAttributes({ a: constant('string', [2], ['a', 'b']) }),
  'its strings': withAttributes({ a: constant('string', [2], ['ab', '']) }),
  tensors: withAttributes({ a: [constant('int64', [2], [1, -1])] }),
  'sparse tensor': withAttributes({
    a: sparse(constant('float32', [1], [1]), constant('int64', [1], [3]), [9]),
  }),
  'its indices': withAttributes({
    a: sparse(constant('float32', [1], [1]), constant('int64', [1], [4]), [9]),
  }),
  'its dense shape': withAttributes({
    a: sparse(constant('float32', [1], [1]), constant('int64', [1], [4]), [8]),
  }),
};

test('everything that a graph does changes its digest', () => {
  const byDigest = Map.groupBy(Object.entries(different), ([, digest]) => digest);
  const same = [...byDigest.values()].filter((group) => group.length > 1);
  assert.deepEqual(
    same.map((group) => group.map(([what]) => what)),
    [],
  );
});

test('a tensor of up to 1024 bytes is configuration, a larger one weights', () => {
  const filled = (length: number, item: number) =>
    withAttributes({ a: constant('float32', [length], Array<number>(length).fill(item)) });
  assert.notEqual(filled(256, 1), filled(256, 2));
  assert.equal(filled(257, 1), filled(257, 2));
  assert.notEqual(filled(257, 1), filled(258, 1));
  const strings = (length: number, item: string) =>
    withAttributes({ a: constant('string', [length], Array<string>(length).fill(item)) });
  assert.notEqual(strings(1024, 'a'), strings(1024, 'b'));
  assert.equal(strings(1025, 'a'), strings(1025, 'b'));
});

for (const [dtype, values] of [
  ['float32', [1.5, -2]],
  ['float64', [1.5, -2]],
  ['int32', [7, -7]],
  ['int8', [7, -7]],
  ['uint8', [7, 255]],
  ['int16', [7, -700]],
  ['bool', [1, 0]],
  ['int64', [7, -7]],
  ['uint32', [7, 2 ** 32 - 1]],
  ['uint64', [7n, 2n ** 64n - 1n]],
] as [string, (number | bigint)[]][]) {
  test(`values of ${dtype} count the same in raw_data and in the field of their type`, () => {
    assert.equal(
      withAttributes({ a: constant(dtype, [2], values) }),
      withAttributes({ a: constant(dtype, [2], values, undefined, { typed: true }) }),
    );
  });
}

test('the order of fields, of attributes and of functions in the file does not matter', () => {
  const options: ModelOptions = {
    opset: { '': 17, 'ai.onnx.ml': 3 },
    functions: [...twice().functions, ...twice({ name: 'G' }).functions],
    graph: graph({
      ...parts,
      nodes: [node('Add', ['X', 'W'], ['H'], { axis: 1, keep: 'yes' }), reluNode],
    }),
  };
  const swapped = { ...options, functions: options.functions!.toReversed() };
  const reordered = message(
    bytes(12, parts.outputs![0]!.bytes),
    bytes(1, node('Add', ['X', 'W'], ['H'], { keep: 'yes', axis: 1 }).bytes),
    bytes(5, weights.bytes),
    bytes(11, parts.inputs![0]!.bytes),
    bytes(1, reluNode.bytes),
  );
  const expected = digestOf(model(options));
  assert.equal(digestOf(message(modelFields(swapped).toReversed())), expected);
  assert.equal(digestOf(model({ ...options, graph: { kind: 'graph', bytes: reordered } })), expected);
});

test('packed, unpacked and mixed lists are the same list', () => {
  const list = (...encoded: Uint8Array[]) => withEncoded(bytes(5, message(text(1, 'a'), ...encoded)));
  const numbers = [1, -2, 300];
  const digest = withEncoded(bytes(5, attribute('a', numbers).bytes));
  assert.equal(list(packedIntegers(8, numbers), integer(20, 7)), digest);
  assert.equal(list(integer(8, 1), packedIntegers(8, [-2, 300]), integer(20, 7)), digest);
  const floats = withEncoded(bytes(5, attribute('a', reals(numbers)).bytes));
  assert.equal(list(packedFloats(7, numbers), integer(20, 6)), floats);
  assert.equal(list(packedFloats(7, [1, -2]), float(7, 300), integer(20, 6)), floats);
});

test('a zero or empty value is the same written or left out', () => {
  const one = (...encoded: Uint8Array[]) =>
    withEncoded(bytes(5, message(text(1, 'a'), ...encoded, integer(20, 2))));
  assert.equal(one(integer(3, 0), float(2, 0), bytes(4, new Uint8Array())), one());
});

test('the digest does not depend on where in the file things are', () => {
  const long = 'ä'.repeat(3000);
  const options: ModelOptions = {
    graph: graph({
      ...parts,
      nodes: [
        node('Add', ['X', 'W'], ['H'], { axis: 1, name: long, rates: reals([1, 2, 3]), texts: [long, 'b'] }),
        node('Relu', ['H'], [long]),
        node('Relu', [long], ['Y'], { value: constant('float32', [256], Array<number>(256).fill(0.5)) }),
      ],
    }),
  };
  const expected = digestOf(model(options));
  // Every alignment to the window the file is read through.
  for (let length = 0; length < 17_000; length += 13) {
    assert.equal(digestOf(model({ ...options, docString: 'x'.repeat(length) })), expected);
  }
});

test('a small tensor without all of its values is refused', () => {
  assert.throws(() => withAttributes({ a: constant('int64', [3], [1], undefined, { typed: true }) }), {
    code: 'INVALID_INPUT',
    message: /has 8 bytes, but int64\[3\] needs 24/,
  });
});
