import { bool, f32, i64, type Foreign, type Tensor } from '../support/golden-tensors.ts';
import { type GoldenModel, network, operator, testGoldenModels } from '../support/golden-models.ts';
import {
  constant,
  graph,
  model,
  modelFunction,
  node,
  real,
  reference,
  tensor,
  type Type,
  types,
  value,
} from '../support/onnx-writer.ts';
import { bytes, integer, message, text } from '../support/protobuf-writer.ts';
import { unknownOperator } from '../support/hostile-onnx.ts';

const floats = types.tensor('float32', [2]);
const sequence = types.sequence(floats);
const optional = types.optional(floats);

const element = constant('float32', [2], [1, 2]).bytes;
/** SequenceProto: elem_type TENSOR, tensor_values. */
const sequenceValue: Foreign = {
  bytes: message(text(1, 'my sequence'), integer(2, 1), bytes(3, element), bytes(3, element)),
  json: [{ dtype: 'float32', shape: [2], data: [1, 2] }],
};
/** OptionalProto: elem_type TENSOR, tensor_value. */
const optionalValue: Foreign = {
  bytes: message(integer(2, 1), bytes(3, element)),
  json: { dtype: 'float32', shape: [2], data: [1, 2] },
};

/** A model whose inputs or outputs are not all tensors. */
function mixed(
  nodes: ReturnType<typeof node>[],
  inputs: Record<string, Type>,
  outputs: Record<string, Type>,
  cases: GoldenModel['cases'],
): GoldenModel {
  const declare = (side: Record<string, Type>) =>
    Object.entries(side).map(([name, type]) => value(name, type));
  return {
    bytes: model({ opset: 18, graph: graph({ inputs: declare(inputs), outputs: declare(outputs), nodes }) }),
    cases,
  };
}

const x = f32([2], [1, 2]);
const scalar = (name: string, dtype: string) => tensor(name, dtype, []);

/** Adds `x` to a sum as long as it is below 10, at most five times. */
const sumUp = graph({
  name: 'body',
  inputs: [scalar('i', 'int64'), scalar('go', 'bool'), scalar('sum', 'float32')],
  outputs: [scalar('more', 'bool'), scalar('next', 'float32'), scalar('seen', 'float32')],
  initializers: [constant('float32', [], [10], 'ten')],
  nodes: [
    node('Add', ['sum', 'x'], ['next']),
    node('Less', ['next', 'ten'], ['more']),
    node('Identity', ['next'], ['seen']),
  ],
});

const branch = (operatorName: string, output: string) =>
  graph({
    name: output,
    outputs: [tensor(output, 'float32', [2])],
    nodes: [node(operatorName, ['x'], [output])],
  });
const choose = { then_branch: branch('Neg', 'negated'), else_branch: branch('Abs', 'absolute') };

const cumulate = graph({
  name: 'scan',
  inputs: [scalar('before', 'float32'), scalar('item', 'float32')],
  outputs: [scalar('after', 'float32'), scalar('total', 'float32')],
  nodes: [node('Add', ['before', 'item'], ['after']), node('Identity', ['after'], ['total'])],
});

/**
 * Negates each even step and keeps each odd one: an If within a Loop, both of which look at values
 * outside.
 */
const nested = graph({
  name: 'outer',
  inputs: [scalar('i', 'int64'), scalar('go', 'bool'), tensor('v', 'float32', [2])],
  outputs: [scalar('still', 'bool'), tensor('w', 'float32', [2])],
  initializers: [constant('int64', [], [2], 'two'), constant('int64', [], [0], 'zero')],
  nodes: [
    node('Identity', ['go'], ['still']),
    node('Mod', ['i', 'two'], ['odd']),
    node('Equal', ['odd', 'zero'], ['even']),
    node('If', ['even'], ['w'], {
      then_branch: graph({
        name: 'a',
        outputs: [tensor('n', 'float32', [2])],
        nodes: [node('Neg', ['v'], ['n'])],
      }),
      else_branch: graph({
        name: 'b',
        outputs: [tensor('s', 'float32', [2])],
        nodes: [node('Add', ['v', 'x'], ['s'])],
      }),
    }),
  ],
});

const domain = 'example';
const double = modelFunction({
  domain,
  name: 'Double',
  inputs: ['a'],
  outputs: ['b'],
  nodes: [node('Add', ['a', 'a'], ['b'])],
});
/** `alpha` is an attribute of the function. */
const leaky = modelFunction({
  domain,
  name: 'Leaky',
  inputs: ['a'],
  outputs: ['b'],
  attributes: ['alpha'],
  nodes: [node('LeakyRelu', ['a'], ['b'], { alpha: reference('alpha', 1) })],
});

const picked = (go: boolean, y: number[]): GoldenModel =>
  network(
    [node('If', ['go'], ['y'], choose)],
    { go: bool([], [go]), x: f32([2], [-1, 2]) },
    { y: f32([2], y) },
  );

testGoldenModels({
  'If, one way': picked(true, [1, -2]),
  'If, the other way': picked(false, [1, 2]),
  Loop: network(
    [node('Loop', ['most', '', 'start'], ['sum', 'seen'], { body: sumUp })],
    { x: f32([], [4]), most: i64([], [5]), start: f32([], [1]) },
    { sum: f32([], [13]), seen: f32([3], [5, 9, 13]) },
    {},
    { seen: ['steps'] },
  ),
  Scan: network(
    [node('Scan', ['start', 'items'], ['end', 'totals'], { body: cumulate, num_scan_inputs: 1 })],
    { start: f32([], [10]), items: f32([3], [1, 2, 3]) },
    { end: f32([], [16]), totals: f32([3], [11, 13, 16]) },
  ),
  'an If within a Loop': network(
    [node('Loop', ['most', 'go', 'x'], ['y'], { body: nested })],
    { most: i64([], [3]), go: bool([], [true]), x: f32([2], [1, 2]) },
    // −x, then −x + x, then −0.
    { y: f32([2], [0, 0]) },
  ),
  functions: network(
    [
      node('Double', ['x'], ['d'], {}, { domain }),
      node('Leaky', ['d'], ['y'], { alpha: real(0.25) }, { domain }),
    ],
    { x: f32([2], [-1, 2]) },
    { y: f32([2], [-0.5, 4]) },
    { opset: { '': 17, [domain]: 1 }, functions: [double, leaky] },
  ),
  'SequenceConstruct, SequenceInsert, SequenceAt and SequenceLength': network(
    [
      node('SequenceConstruct', ['x', 'y'], ['s']),
      node('SequenceInsert', ['s', 'x'], ['t']),
      node('SequenceAt', ['t', 'at'], ['item']),
      node('SequenceLength', ['t'], ['length']),
    ],
    { x, y: f32([2], [3, 4]), at: i64([], [1]) },
    { item: f32([2], [3, 4]), length: i64([], [3]) },
  ),
  'SplitToSequence and ConcatFromSequence': network(
    [
      node('SplitToSequence', ['x', 'sizes'], ['s'], { axis: 0 }),
      node('SequenceAt', ['s', 'last'], ['item']),
      node('ConcatFromSequence', ['s'], ['all'], { axis: 0 }),
    ],
    { x: f32([3], [1, 2, 3]), sizes: i64([2], [1, 2]), last: i64([], [-1]) },
    { item: f32([2], [2, 3]), all: f32([3], [1, 2, 3]) },
    {},
    { item: ['n'], all: ['m'] },
  ),
  'a sequence beside an output that can be compared': {
    ...mixed(
      [node('SequenceConstruct', ['x'], ['s']), node('Neg', ['x'], ['y'])],
      { x: floats },
      { s: sequence, y: floats },
      [{ inputs: { x }, outputs: { s: sequenceValue, y: f32([2], [-1, -2]) } }],
    ),
    notCompared: ['s'],
  },
  'a sequence as the only output': {
    ...mixed([node('SequenceConstruct', ['x'], ['s'])], { x: floats }, { s: sequence }, [
      { inputs: { x }, outputs: { s: sequenceValue } },
    ]),
    skipped: /^no output has a type that can be compared$/,
  },
  'a sequence as an input': {
    ...mixed([node('SequenceLength', ['s'], ['n'])], { s: sequence }, { n: types.tensor('int64', []) }, [
      { inputs: { s: sequenceValue }, outputs: { n: i64([], [2]) } },
    ]),
    skipped: /^onnxruntime-node cannot feed the input "s" \(seq\(tensor\(float32\)\)\)$/,
  },
  'Optional and OptionalGetElement': network(
    [
      node('Optional', ['x'], ['o']),
      node('OptionalHasElement', ['o'], ['has']),
      node('OptionalGetElement', ['o'], ['y']),
    ],
    { x },
    { has: bool([], [true]), y: x },
    { opset: 18 },
  ),
  'an optional as an input': {
    ...mixed([node('OptionalGetElement', ['o'], ['y'])], { o: optional }, { y: floats }, [
      { inputs: { o: optionalValue }, outputs: { y: x } },
    ]),
    skipped: /^onnxruntime-node cannot feed the input "o" \(optional\(tensor\(float32\)\)\)$/,
  },
  'an optional beside an output that can be compared': {
    ...mixed(
      [node('Optional', ['x'], ['o']), node('Identity', ['x'], ['y'])],
      { x: floats },
      { o: optional, y: floats },
      [{ inputs: { x }, outputs: { o: optionalValue, y: x } }],
    ),
    notCompared: ['o'],
  },
  'an operator that ONNX Runtime does not know': {
    bytes: unknownOperator(),
    cases: [{ inputs: { x: f32([1], [1]) }, outputs: { y: f32([1], [1]) } }],
    error: /NoSuchOperator/,
  },
  'inputs that do not go together': {
    ...operator(
      'Add',
      { a: f32([2], [1, 2]), b: f32([3], [1, 2, 3]) },
      { c: f32([2], [2, 4]) },
      {},
      { shapes: { a: ['n'], b: ['m'], c: ['k'] } },
    ),
    error: /Add/,
  },
  'no input at all': constantOnly(f32([2], [1, 2])),
});

function constantOnly(y: Tensor): GoldenModel {
  return network(
    [node('Constant', [], ['y'], { value: constant('float32', y.shape, y.data as number[]) })],
    {},
    { y },
  );
}
