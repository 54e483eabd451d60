import { f32, i64, text } from '../support/golden-tensors.ts';
import { type GoldenModel, network, operator, testGoldenModels } from '../support/golden-models.ts';
import { constant, node, real } from '../support/onnx-writer.ts';

const six = [1, 2, 3, 4, 5, 6];

/** The inputs and outputs of one more case. */
function withCase(
  golden: GoldenModel,
  inputs: GoldenModel['cases'][0]['inputs'],
  outputs: typeof inputs,
): GoldenModel {
  return { ...golden, cases: [...golden.cases, { inputs, outputs }] };
}

/** `y = x · weight`, where the weight is an input with a default of [10, 20]. */
function scaled(inputs: Parameters<typeof operator>[1]): GoldenModel {
  const { bytes } = network(
    [node('Mul', ['x', 'weight'], ['y'])],
    { x: f32([2], []), weight: f32([2], []) },
    { y: f32([2], []) },
    {},
    {},
    { initializers: [constant('float32', [2], [10, 20], 'weight')] },
  );
  return { bytes, cases: [{ inputs, outputs: { y: f32([2], [10, 40]) } }] };
}

testGoldenModels({
  Reshape: operator(
    'Reshape',
    { x: f32([2, 3], six), shape: i64([3], [3, 1, -1]) },
    { y: f32([3, 1, 2], six) },
  ),
  Transpose: operator(
    'Transpose',
    { x: f32([2, 3], six) },
    { y: f32([3, 2], [1, 4, 2, 5, 3, 6]) },
    { perm: [1, 0] },
  ),
  Concat: operator(
    'Concat',
    { a: f32([2, 1], [1, 2]), b: f32([2, 2], [3, 4, 5, 6]) },
    { y: f32([2, 3], [1, 3, 4, 2, 5, 6]) },
    { axis: 1 },
  ),
  Split: operator(
    'Split',
    { x: f32([6], six), sizes: i64([2], [2, 4]) },
    { a: f32([2], [1, 2]), b: f32([4], [3, 4, 5, 6]) },
  ),
  'Slice backwards': operator(
    'Slice',
    {
      x: f32([6], six),
      from: i64([1], [-1]),
      to: i64([1], [-7]),
      axes: i64([1], [0]),
      steps: i64([1], [-2]),
    },
    { y: f32([3], [6, 4, 2]) },
  ),
  'Gather and GatherElements': network(
    [
      node('Gather', ['x', 'rows'], ['g'], { axis: 0 }),
      node('GatherElements', ['x', 'columns'], ['e'], { axis: 1 }),
    ],
    { x: f32([2, 3], six), rows: i64([3], [1, 0, -1]), columns: i64([2, 1], [2, 0]) },
    { g: f32([3, 3], [4, 5, 6, 1, 2, 3, 4, 5, 6]), e: f32([2, 1], [3, 4]) },
  ),
  'ScatterElements and ScatterND': network(
    [
      node('ScatterElements', ['x', 'at', 'values'], ['e'], { axis: 0 }),
      node('ScatterND', ['x', 'points', 'values'], ['n']),
    ],
    {
      x: f32([6], six),
      at: i64([2], [0, 5]),
      points: i64([2, 1], [[1], [2]].flat()),
      values: f32([2], [-1, -2]),
    },
    { e: f32([6], [-1, 2, 3, 4, 5, -2]), n: f32([6], [1, -1, -2, 4, 5, 6]) },
  ),
  Pad: operator(
    'Pad',
    { x: f32([1, 2], [1, 2]), pads: i64([4], [0, 1, 1, 2]), with: f32([], [9]) },
    { y: f32([2, 5], [9, 1, 2, 9, 9, 9, 9, 9, 9, 9]) },
  ),
  'Tile and Expand': network(
    [node('Tile', ['x', 'repeats'], ['t']), node('Expand', ['x', 'shape'], ['e'])],
    { x: f32([1, 2], [1, 2]), repeats: i64([2], [2, 2]), shape: i64([2], [3, 2]) },
    { t: f32([2, 4], [1, 2, 1, 2, 1, 2, 1, 2]), e: f32([3, 2], [1, 2, 1, 2, 1, 2]) },
  ),
  'Squeeze, Unsqueeze, Flatten and Shape': network(
    [
      node('Squeeze', ['x', 'first'], ['s']),
      node('Unsqueeze', ['s', 'first'], ['u']),
      node('Flatten', ['u'], ['f'], { axis: 2 }),
      node('Shape', ['f'], ['n']),
    ],
    { x: f32([1, 2, 3], six), first: i64([1], [0]) },
    { s: f32([2, 3], six), u: f32([1, 2, 3], six), f: f32([2, 3], six), n: i64([2], [2, 3]) },
  ),
  'Range and ConstantOfShape': network(
    [
      node('Range', ['from', 'to', 'step'], ['r']),
      node('ConstantOfShape', ['shape'], ['c'], { value: constant('int64', [1], [7]) }),
    ],
    { from: i64([], [2]), to: i64([], [9]), step: i64([], [3]), shape: i64([2], [1, 3]) },
    { r: i64([3], [2, 5, 8]), c: i64([1, 3], [7, 7, 7]) },
    {},
    { c: [null, null] },
  ),
  'NonZero and OneHot': network(
    [node('NonZero', ['x'], ['n']), node('OneHot', ['labels', 'depth', 'values'], ['h'])],
    {
      x: f32([2, 2], [0, 3, 4, 0]),
      labels: i64([2], [2, 0]),
      depth: i64([], [3]),
      values: f32([2], [-1, 1]),
    },
    { n: i64([2, 2], [0, 1, 1, 0]), h: f32([2, 3], [-1, -1, 1, 1, -1, -1]) },
    {},
    { n: [2, 'found'], h: [2, 'depth'] },
  ),
  Unique: operator(
    'Unique',
    { x: f32([5], [3, 1, 3, 2, 1]) },
    {
      y: f32([3], [1, 2, 3]),
      first: i64([3], [1, 3, 0]),
      inverse: i64([5], [2, 0, 2, 1, 0]),
      counts: i64([3], [2, 1, 2]),
    },
    {},
    { shapes: { y: ['n'], first: ['n'], counts: ['n'] } },
  ),
  'scalars in and out': operator('Mul', { a: f32([], [3]), b: f32([], [-0.5]) }, { c: f32([], [-1.5]) }),
  'tensors of no elements': network(
    [
      node('Concat', ['x', 'x'], ['c'], { axis: 1 }),
      node('ReduceSum', ['x'], ['s'], { keepdims: 0 }),
      node('Identity', ['t'], ['u']),
    ],
    { x: f32([2, 0], []), t: text([0], []) },
    { c: f32([2, 0], []), s: f32([], [0]), u: text([0], []) },
    {},
    { x: [2, 'n'], c: [2, 'm'], t: ['k'], u: ['k'] },
  ),
  'dynamic dimensions take another size in each case': withCase(
    operator(
      'ReduceSum',
      { x: f32([1, 2], [1, 2]) },
      { y: f32([1, 1], [3]) },
      {},
      { shapes: { x: ['batch', null], y: [null, null] } },
    ),
    { x: f32([3, 1], [1, 2, 3]) },
    { y: f32([1, 1], [6]) },
  ),
  'an unknown rank': withCase(
    operator('Relu', { x: f32([], [-1]) }, { y: f32([], [0]) }, {}, { shapes: { x: null, y: null } }),
    { x: f32([2, 1], [-1, 1]) },
    { y: f32([2, 1], [0, 1]) },
  ),
  'the same symbol may stand for two sizes, as ONNX Runtime allows': operator(
    'Concat',
    { a: f32([1], [1]), b: f32([2], [2, 3]) },
    { y: f32([3], [1, 2, 3]) },
    { axis: 0 },
    { shapes: { a: ['n'], b: ['n'], y: ['n'] } },
  ),
  'an input with a default may be left out': scaled({ x: f32([2], [1, 2]) }),
  'an input with a default cannot be given': {
    ...scaled({ x: f32([2], [1, 2]), weight: f32([2], [10, 20]) }),
    skipped: /it sets the input "weight", but onnxruntime-node cannot override its default/,
  },
  'Resize to the nearest': operator(
    'Resize',
    { x: f32([1, 1, 1, 2], [1, 2]), roi: f32([0], []), scales: f32([4], [1, 1, 1, 2]) },
    { y: f32([1, 1, 1, 4], [1, 1, 2, 2]) },
    {
      mode: 'nearest',
      coordinate_transformation_mode: 'asymmetric',
      nearest_mode: 'floor',
      cubic_coeff_a: real(-0.75),
    },
  ),
});
