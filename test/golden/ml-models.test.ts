import { f32, i64, text, type Tensor } from '../support/golden-tensors.ts';
import { type GoldenModel, network, operator, testGoldenModels } from '../support/golden-models.ts';
import { graph, model, node, reals, tensor, types, value } from '../support/onnx-writer.ts';

const domain = 'ai.onnx.ml';
const ml = { domain };
const opset = { '': 17, [domain]: 3 };

/** Two features: `x0 ≤ 0.5 ? (x1 ≤ 2 ? 1 : 2) : 3`. */
const nodesOfTree = {
  nodes_treeids: [0, 0, 0, 0, 0],
  nodes_nodeids: [0, 1, 2, 3, 4],
  nodes_featureids: [0, 1, 0, 0, 0],
  nodes_modes: ['BRANCH_LEQ', 'BRANCH_LEQ', 'LEAF', 'LEAF', 'LEAF'],
  nodes_values: reals([0.5, 2, 0, 0, 0]),
  nodes_truenodeids: [1, 3, 0, 0, 0],
  nodes_falsenodeids: [2, 4, 0, 0, 0],
};
const rows = f32([3, 2], [0, 1, 0, 3, 1, 0]);

const scores = (values: number[]): number[] => {
  const powers = values.map(Math.exp);
  const sum = powers.reduce((a, b) => a + b);
  return powers.map((power) => power / sum);
};

testGoldenModels({
  TreeEnsembleRegressor: operator(
    'TreeEnsembleRegressor',
    { x: rows },
    { y: f32([3, 1], [1, 2, 3]) },
    {
      ...nodesOfTree,
      n_targets: 1,
      target_treeids: [0, 0, 0],
      target_nodeids: [3, 4, 2],
      target_ids: [0, 0, 0],
      target_weights: reals([1, 2, 3]),
    },
    ml,
  ),
  'TreeEnsembleClassifier with labels of text': operator(
    'TreeEnsembleClassifier',
    { x: rows },
    { label: text([3], ['low', 'middle', 'high']), scores: f32([3, 3], [1, 0, 0, 0, 1, 0, 0, 0, 1]) },
    {
      ...nodesOfTree,
      classlabels_strings: ['low', 'middle', 'high'],
      class_treeids: [0, 0, 0],
      class_nodeids: [3, 4, 2],
      class_ids: [0, 1, 2],
      class_weights: reals([1, 1, 1]),
    },
    ml,
  ),
  LinearRegressor: operator(
    'LinearRegressor',
    { x: rows },
    { y: f32([3, 1], [0 + 2 * 1 - 1, 0 + 2 * 3 - 1, 0.5 - 1]) },
    { coefficients: reals([0.5, 2]), intercepts: reals([-1]), targets: 1 },
    ml,
  ),
  'LinearClassifier and ZipMap': zipMap(),
  'Scaler and Normalizer': network(
    [
      node('Scaler', ['x'], ['s'], { offset: reals([1, 2]), scale: reals([0.5, 2]) }, ml),
      node('Normalizer', ['x'], ['n'], { norm: 'L2' }, ml),
    ],
    { x: f32([2, 2], [3, 4, 1, 0]) },
    { s: f32([2, 2], [1, 4, 0, -4]), n: f32([2, 2], [0.6, 0.8, 1, 0]) },
    { opset },
  ),
  'LabelEncoder, both ways': network(
    [
      node(
        'LabelEncoder',
        ['s'],
        ['n'],
        { keys_strings: ['a', 'b'], values_int64s: [10, 20], default_int64: -1 },
        ml,
      ),
      node(
        'LabelEncoder',
        ['i'],
        ['t'],
        { keys_int64s: [1, 2], values_strings: ['one', 'two'], default_string: '?' },
        ml,
      ),
    ],
    { s: text([3], ['b', 'a', 'z']), i: i64([3], [2, 3, 1]) },
    { n: i64([3], [20, 10, -1]), t: text([3], ['two', '?', 'one']) },
    { opset },
  ),
  'OneHotEncoder of text': operator(
    'OneHotEncoder',
    { x: text([3], ['red', 'blue', 'none']) },
    { y: f32([3, 2], [1, 0, 0, 1, 0, 0]) },
    { cats_strings: ['red', 'blue'], zeros: 1 },
    ml,
  ),
  'Imputer and Binarizer': network(
    [
      node(
        'Imputer',
        ['x'],
        ['i'],
        { imputed_value_floats: reals([7]), replaced_value_float: { kind: 'real', value: NaN } },
        ml,
      ),
      node('Binarizer', ['i'], ['b'], { threshold: { kind: 'real', value: 2 } }, ml),
    ],
    { x: f32([1, 3], [1, NaN, 3]) },
    { i: f32([1, 3], [1, 7, 3]), b: f32([1, 3], [0, 1, 1]) },
    { opset },
  ),
  FeatureVectorizer: operator(
    'FeatureVectorizer',
    { a: f32([1, 2], [1, 2]), b: f32([1, 1], [3]) },
    { y: f32([1, 3], [1, 2, 3]) },
    { inputdimensions: [2, 1] },
    { domain, opset: { '': 17, [domain]: 1 } },
  ),
  'a map as an input': {
    bytes: model({
      opset: { '': 17, [domain]: 1 },
      graph: graph({
        inputs: [value('m', types.map('string', types.tensor('float32', [])))],
        outputs: [tensor('y', 'float32', [1, 2])],
        nodes: [node('DictVectorizer', ['m'], ['y'], { string_vocabulary: ['a', 'b'] }, ml)],
      }),
    }),
    cases: [
      { inputs: { m: { bytes: new Uint8Array(), json: { a: 1 } } }, outputs: { y: f32([1, 2], [1, 0]) } },
    ],
    skipped: /^onnxruntime-node cannot feed the input "m" \(map\(string,tensor\(float32\)\)\)$/,
  },
});

/**
 * As scikit-learn's classifiers are exported: the label is compared, the map of probabilities is
 * not.
 */
function zipMap(): GoldenModel {
  const x = f32([2, 2], [1, 0, 0, 2]);
  // Per class: its coefficients times the row, and its intercept.
  const raw = [
    [1 * 1, -1 + 0.5],
    [2 * -1, 2 * 1 + 0.5],
  ];
  const label: Tensor = i64(
    [2],
    raw.map(([a = 0, b = 0]) => (a > b ? 0 : 1)),
  );
  return {
    bytes: model({
      opset,
      graph: graph({
        inputs: [tensor('x', 'float32', [null, 2])],
        outputs: [
          tensor('label', 'int64', [null]),
          value('probabilities', types.sequence(types.map('int64', types.tensor('float32', [])))),
          tensor('scores', 'float32', [null, 2]),
        ],
        nodes: [
          node(
            'LinearClassifier',
            ['x'],
            ['label', 'scores'],
            {
              classlabels_ints: [0, 1],
              coefficients: reals([1, -1, -1, 1]),
              intercepts: reals([0, 0.5]),
              post_transform: 'SOFTMAX',
            },
            ml,
          ),
          node('ZipMap', ['scores'], ['probabilities'], { classlabels_int64s: [0, 1] }, ml),
        ],
      }),
    }),
    cases: [
      {
        inputs: { x },
        outputs: {
          label,
          probabilities: { bytes: new Uint8Array(), json: null },
          scores: f32([2, 2], raw.flatMap(scores)),
        },
      },
    ],
    notCompared: ['probabilities'],
  };
}
