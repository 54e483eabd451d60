import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readOnnxModel } from '../../src/onnx/file/read-model.ts';
import { bytesSource } from '../support/byte-source.ts';
import {
  type Attributes,
  constant,
  graph,
  model,
  modelFunction,
  node,
  real,
  reals,
  reference,
  sparse,
  tensor,
} from '../support/onnx-writer.ts';

const outer = { inputs: [tensor('X', 'float32', ['N', 4])], outputs: [tensor('Y', 'float32', ['N', 4])] };
const opset = { '': 17, 'ai.onnx.ml': 5 };
const ofNodes = (...nodes: ReturnType<typeof node>[]): Uint8Array =>
  model({ opset, graph: graph({ ...outer, nodes }) });
const read = (content: Uint8Array) => readOnnxModel(bytesSource(content)).model;
const digest = (content: Uint8Array) => read(content).graphDigest;

const ml =
  (operator: string) =>
  (attributes: Attributes): Uint8Array =>
    ofNodes(node(operator, ['X'], ['Y'], attributes, { domain: 'ai.onnx.ml' }));
const constantNode = (attributes: Attributes): Uint8Array =>
  ofNodes(node('Constant', [], ['C'], attributes), node('Add', ['X', 'C'], ['Y']));
const filled = (dtype: string, length: number, value: number) =>
  constant(dtype, [length], Array<number>(length).fill(value));

const tree = (splits: number[], leaves: number[]): Attributes => ({
  n_targets: 1,
  nodes_treeids: [...splits, ...leaves].map(() => 0),
  nodes_nodeids: [...splits, ...leaves].map((_, index) => index),
  nodes_featureids: [...splits, ...leaves].map((_, index) => index % 3),
  nodes_modes: [...splits.map(() => 'BRANCH_LEQ'), ...leaves.map(() => 'LEAF')],
  nodes_values: reals([...splits, ...leaves.map(() => 0)]),
  nodes_truenodeids: [...splits, ...leaves].map((_, index) => index + 1),
  nodes_falsenodeids: [...splits, ...leaves].map((_, index) => index + 2),
  target_treeids: leaves.map(() => 0),
  target_nodeids: leaves.map((_, index) => splits.length + index),
  target_ids: leaves.map(() => 0),
  target_weights: reals(leaves),
});
const support = (vectors: number[]): Attributes => ({
  kernel_type: 'RBF',
  kernel_params: reals([0.1 * vectors.length, 0, 3]),
  coefficients: reals(vectors.map((value) => value / 2)),
  support_vectors: reals(vectors.flatMap((value) => [value, -value])),
  rho: reals([vectors[0] ?? 0]),
});
const words = { keys_strings: ['red', 'green'] };

/** Pairs that only training tells apart, and how many numbers each holds. */
const retrained: Record<string, [Uint8Array, Uint8Array, number, number]> = {
  'a linear classifier': [
    ml('LinearClassifier')({
      classlabels_ints: [0, 1],
      coefficients: reals([1, 2, 3, 4]),
      intercepts: reals([5]),
    }),
    ml('LinearClassifier')({
      classlabels_ints: [0, 1],
      coefficients: reals([4, 3, 2, 1]),
      intercepts: reals([0]),
    }),
    5,
    5,
  ],
  'a linear regressor': [
    ml('LinearRegressor')({ targets: 1, coefficients: reals([1, 2]), intercepts: reals([5]) }),
    ml('LinearRegressor')({ targets: 1, coefficients: reals([2, 2]), intercepts: reals([4]) }),
    3,
    3,
  ],
  'trees that grew otherwise': [
    ml('TreeEnsembleRegressor')(tree([0.5], [1, 2])),
    ml('TreeEnsembleRegressor')({ ...tree([0.1, 0.7], [1, 2, 3]), base_values: reals([0.5]) }),
    5,
    9,
  ],
  'trees with a way for missing values': [
    ml('TreeEnsembleRegressor')(tree([0.5], [1, 2])),
    ml('TreeEnsembleRegressor')({ ...tree([0.6], [1, 2]), nodes_missing_value_tracks_true: [1, 0, 0] }),
    5,
    5,
  ],
  'trees in doubles': [
    ml('TreeEnsembleClassifier')({
      classlabels_int64s: [0, 1],
      nodes_values_as_tensor: filled('float64', 3, 1),
    }),
    ml('TreeEnsembleClassifier')({
      classlabels_int64s: [0, 1],
      nodes_values_as_tensor: filled('float64', 4, 2),
    }),
    3,
    4,
  ],
  'trees of opset 5': [
    ml('TreeEnsemble')({
      n_targets: 1,
      tree_roots: [0],
      nodes_modes: filled('uint8', 1, 0),
      nodes_splits: filled('float32', 1, 3),
      leaf_weights: filled('float32', 2, 1),
      leaf_targetids: [0, 0],
    }),
    ml('TreeEnsemble')({
      n_targets: 1,
      tree_roots: [0, 1],
      nodes_modes: filled('uint8', 2, 4),
      nodes_splits: filled('float32', 2, 4),
      leaf_weights: filled('float32', 4, 2),
      leaf_targetids: [0, 0, 0, 0],
    }),
    3,
    6,
  ],
  'support vectors': [
    ml('SVMRegressor')({ ...support([1, 2]), n_supports: 2 }),
    ml('SVMRegressor')({ ...support([1, 2, 3]), n_supports: 3 }),
    10,
    13,
  ],
  'support vectors of classes': [
    ml('SVMClassifier')({ ...support([1, 2]), classlabels_ints: [0, 1], vectors_per_class: [1, 1] }),
    ml('SVMClassifier')({ ...support([5, 2, 3]), classlabels_ints: [0, 1], vectors_per_class: [2, 1] }),
    10,
    13,
  ],
  'a scaler': [
    ml('Scaler')({ offset: reals([1, 2]), scale: reals([3, 4]) }),
    ml('Scaler')({ offset: reals([0, 2]), scale: reals([3, 5]) }),
    4,
    4,
  ],
  'an imputer': [
    ml('Imputer')({ imputed_value_floats: reals([1, 2]) }),
    ml('Imputer')({ imputed_value_floats: reals([3, 2]) }),
    2,
    2,
  ],
  'an imputer of integers': [
    ml('Imputer')({ imputed_value_int64s: [1, 2] }),
    ml('Imputer')({ imputed_value_int64s: [3, 2] }),
    2,
    2,
  ],
  'a threshold': [ml('Binarizer')({ threshold: real(0.5) }), ml('Binarizer')({ threshold: real(0) }), 1, 1],
  'a target encoder': [
    ml('LabelEncoder')({ ...words, values_floats: reals([1, 2]), default_float: real(1.5) }),
    ml('LabelEncoder')({ ...words, values_floats: reals([3, 4]), default_float: real(3.5) }),
    3,
    3,
  ],
  'what an isolation forest says of its leaves': [
    ml('LabelEncoder')({ keys_int64s: [1, 4], values_floats: reals([1, 2]) }),
    ml('LabelEncoder')({ keys_int64s: [2, 3, 5], values_floats: reals([3, 4, 5]) }),
    2,
    3,
  ],
  'weights of words': [
    ofNodes(node('TfIdfVectorizer', ['X'], ['Y'], { pool_int64s: [1, 2], weights: reals([1, 2]) })),
    ofNodes(node('TfIdfVectorizer', ['X'], ['Y'], { pool_int64s: [1, 2], weights: reals([3, 4]) })),
    2,
    2,
  ],
  'a Constant of more than 8 floats': [
    constantNode({ value: filled('float32', 9, 1) }),
    constantNode({ value: filled('float32', 9, 2) }),
    9,
    9,
  ],
  'a Constant in half precision': [
    constantNode({ value: constant('float16', [9], { raw: Buffer.alloc(18, 1) }) }),
    constantNode({ value: constant('float16', [9], { raw: Buffer.alloc(18, 2) }) }),
    9,
    9,
  ],
  'a Constant of quantized weights': [
    constantNode({ value: filled('int8', 9, 1) }),
    constantNode({ value: filled('int8', 9, 2) }),
    9,
    9,
  ],
  'a Constant with a list': [
    constantNode({ value_floats: reals(Array<number>(9).fill(1)) }),
    constantNode({ value_floats: reals(Array<number>(9).fill(2)) }),
    9,
    9,
  ],
  'a sparse Constant': [
    constantNode({ sparse_value: sparse(constant('float32', [1], [1]), constant('int64', [1], [3]), [9]) }),
    constantNode({
      sparse_value: sparse(constant('float32', [2], [1, 2]), constant('int64', [2], [4, 5]), [9]),
    }),
    1,
    2,
  ],
};

for (const [what, [before, after, count, countAfter]] of Object.entries(retrained)) {
  test(`${what}, trained again, is the same graph; its numbers count as parameters`, () => {
    assert.equal(digest(after), digest(before));
    assert.notEqual(
      readOnnxModel(bytesSource(after), 1).model.graphDigest,
      readOnnxModel(bytesSource(before), 1).model.graphDigest,
    );
    assert.deepEqual([read(before).parameterCount, read(after).parameterCount], [count, countAfter]);
  });
}

const linear = { classlabels_ints: [0, 1], coefficients: reals([1, 2, 3, 4]), intercepts: reals([5]) };
const sizes = (values: number[]) => constant('int64', [values.length], values);

/** Pairs that are different graphs. */
const changed: Record<string, [Uint8Array, Uint8Array]> = {
  'the number of coefficients': [
    ml('LinearClassifier')(linear),
    ml('LinearClassifier')({ ...linear, coefficients: reals([1, 2]) }),
  ],
  'the names of classes': [
    ml('LinearClassifier')(linear),
    ml('LinearClassifier')({ ...linear, classlabels_ints: [0, 2] }),
  ],
  'what comes after': [
    ml('LinearClassifier')(linear),
    ml('LinearClassifier')({ ...linear, post_transform: 'SOFTMAX' }),
  ],
  'how trees add up': [
    ml('TreeEnsembleRegressor')(tree([1], [1, 2])),
    ml('TreeEnsembleRegressor')({ ...tree([1], [1, 2]), aggregate_function: 'MAX' }),
  ],
  'the number of targets': [
    ml('TreeEnsembleRegressor')(tree([1], [1, 2])),
    ml('TreeEnsembleRegressor')({ ...tree([1], [1, 2]), n_targets: 2 }),
  ],
  'the kernel': [
    ml('SVMRegressor')(support([1, 2])),
    ml('SVMRegressor')({ ...support([1, 2]), kernel_type: 'POLY' }),
  ],
  'what is imputed for': [
    ml('Imputer')({ imputed_value_floats: reals([1]), replaced_value_float: real(0) }),
    ml('Imputer')({ imputed_value_floats: reals([1]), replaced_value_float: real(-1) }),
  ],
  'the words of an encoder': [
    ml('LabelEncoder')({ ...words, values_floats: reals([1, 2]) }),
    ml('LabelEncoder')({ keys_strings: ['red', 'blue'], values_floats: reals([1, 2]) }),
  ],
  'the numbers of words': [
    ml('LabelEncoder')({ ...words, values_int64s: [1, 2] }),
    ml('LabelEncoder')({ ...words, values_int64s: [2, 1] }),
  ],
  categories: [
    ml('OneHotEncoder')({ cats_strings: ['a', 'b'] }),
    ml('OneHotEncoder')({ cats_strings: ['a', 'c'] }),
  ],
  'a vocabulary': [
    ml('DictVectorizer')({ string_vocabulary: ['a', 'b'] }),
    ml('DictVectorizer')({ string_vocabulary: ['b', 'a'] }),
  ],
  'coefficients of another domain': [
    ofNodes(node('LinearRegressor', ['X'], ['Y'], { coefficients: reals([1]) }, { domain: 'com.acme' })),
    ofNodes(node('LinearRegressor', ['X'], ['Y'], { coefficients: reals([2]) }, { domain: 'com.acme' })),
  ],
  'a Constant of 8 floats': [
    constantNode({ value: filled('float32', 8, 1) }),
    constantNode({ value: filled('float32', 8, 2) }),
  ],
  'a Constant of sizes': [
    constantNode({ value: sizes([1, 2, 3, 4, 5, 6, 7, 8, 9]) }),
    constantNode({ value: sizes([1, 2, 3, 4, 5, 6, 7, 8, 0]) }),
  ],
  'the shape of a Constant': [
    constantNode({ value: filled('float32', 9, 1) }),
    constantNode({ value: filled('float32', 10, 1) }),
  ],
  'the type of a Constant': [
    constantNode({ value: filled('float32', 9, 1) }),
    constantNode({ value: filled('float64', 9, 1) }),
  ],
};

for (const [what, [before, after]] of Object.entries(changed)) {
  test(`with ${what}, the graph changes`, () => assert.notEqual(digest(after), digest(before)));
}

test('weights count as such in nested graphs and in functions', () => {
  const inner = (value: number) => [
    node('Constant', [], ['C'], { value: filled('float32', 9, value) }),
    node('Add', ['X', 'C'], ['t']),
  ];
  const branches = (value: number) => {
    const branch = graph({ outputs: [tensor('t', 'float32', null)], nodes: inner(value) });
    return ofNodes(node('If', ['X'], ['Y'], { then_branch: branch, else_branch: branch }));
  };
  assert.equal(digest(branches(1)), digest(branches(2)));
  assert.equal(read(branches(1)).parameterCount, 18);
  const called = (value: number) =>
    model({
      opset: { '': 17, my: 1 },
      functions: [
        modelFunction({ domain: 'my', name: 'F', inputs: ['X'], outputs: ['t'], nodes: inner(value) }),
      ],
      graph: graph({ ...outer, nodes: [node('F', ['X'], ['Y'], {}, { domain: 'my' })] }),
    });
  assert.equal(digest(called(1)), digest(called(2)));
  assert.equal(read(called(1)).parameterCount, 9);
});

test('a bias is weights, however few it has', () => {
  const withBias = (value: number, operator = 'Conv') =>
    ofNodes(
      node(operator, ['X', 'W', 'B'], ['Y']),
      node('Constant', [], ['B'], { value: filled('float32', 1, value) }),
      node('Constant', [], ['W'], { value: filled('float32', 12, value) }),
    );
  assert.equal(digest(withBias(1)), digest(withBias(2)));
  assert.equal(read(withBias(1)).parameterCount, 13);
  assert.notEqual(digest(withBias(1, 'Clip')), digest(withBias(2, 'Clip')));
});

test('a Constant that takes the value of an attribute of its function stays a part of the graph', () => {
  const called = (name: string) =>
    model({
      opset: { '': 17, my: 1 },
      functions: [
        modelFunction({
          domain: 'my',
          name: 'F',
          inputs: ['X'],
          outputs: ['t'],
          attributes: ['a', 'b'],
          nodes: [node('Constant', [], ['C'], { value: reference(name, 4) }), node('Add', ['X', 'C'], ['t'])],
        }),
      ],
      graph: graph({ ...outer, nodes: [node('F', ['X'], ['Y'], {}, { domain: 'my' })] }),
    });
  assert.notEqual(digest(called('a')), digest(called('b')));
});

test('names from the file that objects have by nature are names like any other', () => {
  const odd = ofNodes(
    node('constructor', ['X'], ['Y'], { __proto__x: 1, toString: 2 }, { domain: 'ai.onnx.ml' }),
  );
  assert.equal(read(odd).parameterCount, 0);
});
