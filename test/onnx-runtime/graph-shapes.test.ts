/** Models by how they are built, and by what is wrong with them. */
import { identity, shaped, testShapes, vector } from '../support/bench-shapes.ts';
import { unknownOperator } from '../support/hostile-onnx.ts';
import { constant, graph, model, node, reals, tensor } from '../support/onnx-writer.ts';

const ml = 'ai.onnx.ml';
const negate = [node('Neg', ['x'], ['y'])];
const weights = constant('float32', [2], [1, 2], 'w');
const scale = [node('Mul', ['x', 'w'], ['y'])];
const external = (location: string, length: number): Uint8Array =>
  vector(scale, {
    initializers: [constant('float32', [2], { external: { location, offset: 0, length } }, 'w')],
  });

const sumUp = graph({
  name: 'body',
  inputs: [tensor('i', 'int64', []), tensor('go', 'bool', []), tensor('sum', 'float32', [2])],
  outputs: [tensor('still', 'bool', []), tensor('next', 'float32', [2])],
  nodes: [node('Identity', ['go'], ['still']), node('Add', ['sum', 'x'], ['next'])],
});
const branch = (operator: string): ReturnType<typeof graph> =>
  graph({
    name: operator,
    outputs: [tensor(`of${operator}`, 'float32', [2])],
    nodes: [node(operator, ['x'], [`of${operator}`])],
  });
const cumulate = graph({
  name: 'scan',
  inputs: [tensor('before', 'float32', []), tensor('item', 'float32', [])],
  outputs: [tensor('after', 'float32', []), tensor('total', 'float32', [])],
  nodes: [node('Add', ['before', 'item'], ['after']), node('Identity', ['after'], ['total'])],
});
/** `x0 ≤ 0.5 ? 1 : 2`. */
const tree = {
  nodes_treeids: [0, 0, 0],
  nodes_nodeids: [0, 1, 2],
  nodes_featureids: [0, 0, 0],
  nodes_modes: ['BRANCH_LEQ', 'LEAF', 'LEAF'],
  nodes_values: reals([0.5, 0, 0]),
  nodes_truenodeids: [1, 0, 0],
  nodes_falsenodeids: [2, 0, 0],
  n_targets: 1,
  target_treeids: [0, 0],
  target_nodeids: [1, 2],
  target_ids: [0, 0],
  target_weights: reals([1, 2]),
};

testShapes({
  'a tree of decisions': {
    bytes: vector(
      [node('TreeEnsembleRegressor', ['x'], ['y'], tree, { domain: ml })],
      { inputs: [tensor('x', 'float32', ['n', 2])], outputs: [tensor('y', 'float32', ['n', 1])] },
      { opset: { '': 17, [ml]: 3 } },
    ),
    options: { batch: 4 },
  },
  Loop: {
    bytes: vector([node('Loop', ['times', '', 'x'], ['y'], { body: sumUp })], {
      inputs: [tensor('x', 'float32', [2]), tensor('times', 'int64', [])],
    }),
    options: { ranges: new Map([['times', [3, 3]]]) },
  },
  If: {
    bytes: vector([node('If', ['go'], ['y'], { then_branch: branch('Neg'), else_branch: branch('Abs') })], {
      inputs: [tensor('x', 'float32', [2]), tensor('go', 'bool', [])],
    }),
  },
  Scan: {
    bytes: vector([node('Scan', ['start', 'x'], ['end', 'y'], { body: cumulate, num_scan_inputs: 1 })], {
      inputs: [tensor('start', 'float32', []), tensor('x', 'float32', [2])],
    }),
  },
  'weights beside the file': {
    bytes: external('w.bin', 8),
    files: { 'w.bin': new Uint8Array(8) },
  },
  'weights that are not there': {
    bytes: external('w.bin', 8),
    error: /External data path does not exist.*w\.bin/,
  },
  'weights outside of the folder': {
    bytes: external('../w.bin', 8),
    refused: /the location "\.\.\/w\.bin" is not a plain relative path inside the model's folder/,
  },
  'too few bytes of weights': {
    bytes: vector(scale, {
      initializers: [constant('float32', [2], { raw: new Uint8Array(3) }, 'w')],
    }),
    refused: /tensor "w" has 3 bytes, but float32\[2\] needs 8/,
  },
  'no inputs: constants only': {
    bytes: vector([node('Constant', [], ['y'], { value: constant('float32', [2], [1, 2]) })], { inputs: [] }),
    shapes: {},
  },
  'no nodes: an input as the output': {
    bytes: shaped({ inputs: [tensor('x', 'float32', [2])], outputs: [tensor('x', 'float32', [2])] }),
  },
  'no nodes: a weight as the output': {
    bytes: shaped({ outputs: [tensor('w', 'float32', [2])], initializers: [weights] }),
  },
  'no outputs': { bytes: vector(negate, { outputs: [] }), refused: /its graph has no outputs/ },
  'an empty graph': { bytes: shaped({}), refused: /its graph has no outputs/ },
  'no graph': { bytes: model({}), refused: /it has no graph/ },
  'no bytes': { bytes: new Uint8Array(), refused: /the file is empty/ },
  'three thousand nodes in a row': {
    bytes: vector(
      Array.from({ length: 3000 }, (_, at) =>
        node('Neg', [at === 0 ? 'x' : `t${at}`], [at === 2999 ? 'y' : `t${at + 1}`]),
      ),
    ),
  },

  'names that JavaScript has for itself': {
    bytes: shaped({
      inputs: [tensor('__proto__', 'float32', [2])],
      outputs: [tensor('constructor', 'float32', [2])],
      nodes: [node('Neg', ['__proto__'], ['constructor'])],
    }),
  },
  'names of any characters': {
    bytes: shaped({
      inputs: [tensor('a/b:0', 'float32', [2]), tensor('é\n\u202e', 'float32', [2])],
      outputs: [tensor('0', 'float32', [2])],
      nodes: [node('Add', ['a/b:0', 'é\n\u202e'], ['0'])],
    }),
  },
  'two inputs of one name': {
    bytes: vector(negate, { inputs: [tensor('x', 'float32', [2]), tensor('x', 'float32', [3])] }),
    refused: /duplicate input "x"/,
  },
  'two outputs of one name': {
    bytes: vector(negate, { outputs: [tensor('y', 'float32', [2]), tensor('y', 'float32', [2])] }),
  },
  'two nodes that give one value': {
    bytes: vector([...negate, node('Abs', ['x'], ['y'])]),
    error: /Duplicate definition of name \(y\)/,
  },
  'two nodes of one name': {
    bytes: vector([
      node('Neg', ['x'], ['t'], {}, { name: 'n' }),
      node('Abs', ['t'], ['y'], {}, { name: 'n' }),
    ]),
    error: /two nodes with same node name \(n\)/,
  },
  'a value that nothing gives': {
    bytes: vector([node('Neg', ['nowhere'], ['y'])]),
    refused: /a node reads "nowhere", which nothing produces/,
  },
  'a circle': {
    bytes: vector([node('Add', ['x', 'y'], ['t']), node('Neg', ['t'], ['y'])]),
    error: /not acyclic/,
  },

  'the oldest operator set that is of use': {
    bytes: vector(negate, {}, { opset: 6, irVersion: 3 }),
  },
  'a newer operator set than the runtime knows': {
    bytes: vector(negate, {}, { opset: 99 }),
    error: /[Oo]pset 99 is under development/,
  },
  'a newer form of file than the runtime knows': {
    bytes: vector(negate, {}, { irVersion: 99 }),
    error: /Unsupported model IR version: 99/,
  },
  'an operator that the runtime does not know': { bytes: unknownOperator(), error: /NoSuchOperator/ },
  'an operator of somebody else': {
    bytes: vector(
      [node('Attend', ['x'], ['y'], {}, { domain: 'com.example' })],
      {},
      { opset: { '': 17, 'com.example': 1 } },
    ),
    error: /com\.example:Attend.* is not a registered function/,
  },
  'an operator whose set is not imported': {
    bytes: vector([node('Scaler', ['x'], ['y'], { offset: reals([0]), scale: reals([1]) }, { domain: ml })]),
  },
  'an output of another type than is said': {
    bytes: vector(negate, { outputs: [tensor('y', 'int64', [2])] }),
    error: /output arg \(y\).* does not match expected type/,
  },
  'shapes that do not go together': {
    bytes: vector([node('Reshape', ['x', 'shape'], ['y'])], {
      inputs: [tensor('x', 'float32', ['n'])],
      outputs: [tensor('y', 'float32', [2, 3])],
      initializers: [constant('int64', [2], [2, 3], 'shape')],
    }),
    error: /running Reshape node/,
  },
  'values that do not go together': {
    bytes: shaped({
      inputs: [tensor('a', 'int32', [8]), tensor('b', 'int32', [8])],
      outputs: [tensor('y', 'int32', [8])],
      nodes: [node('Div', ['a', 'b'], ['y'])],
    }),
    error: /Integer division by zero/,
  },
  'another size is what such a shape takes': {
    bytes: identity('float32', ['n', 'n']),
    options: { shapes: new Map([['n', [3]]]) },
    shapes: { x: [3, 3] },
  },
});
