import assert from 'node:assert/strict';
import { test } from 'node:test';
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
  types,
  value,
} from '../support/onnx-writer.ts';

const read = (content: Uint8Array) => readOnnxModel(bytesSource(content)).model;
const invalid = (message: RegExp) => ({ code: 'INVALID_INPUT', message });

const relu: GraphOptions = {
  inputs: [tensor('X', 'float32', [4])],
  outputs: [tensor('Y', 'float32', [4])],
  nodes: [node('Relu', ['X'], ['Y'])],
};

test('every kind of value is named', () => {
  const floats = types.tensor('float32');
  const kinds: [string, ReturnType<typeof types.tensor> | undefined, string][] = [
    ['sequence', types.sequence(types.tensor('int64')), 'seq(tensor(int64))'],
    ['maps', types.sequence(types.map('string', floats)), 'seq(map(string,tensor(float32)))'],
    ['optional', types.optional(types.sequence(floats)), 'optional(seq(tensor(float32)))'],
    ['sparse', types.sparseTensor('float32', [3, 4]), 'sparse_tensor(float32)'],
    ['opaque', types.opaque('com.acme', 'Handle'), 'opaque(com.acme,Handle)'],
    ['untyped', undefined, 'unknown'],
  ];
  const content = model({
    graph: graph({ ...relu, inputs: [...relu.inputs!, ...kinds.map(([name, type]) => value(name, type))] }),
  });
  assert.deepEqual(
    read(content).signature.inputs.slice(1),
    kinds.map(([name, , type]) => ({ name, type, dtype: null, shape: null })),
  );
});

test('a scalar, an unknown rank and unknown sizes are told apart', () => {
  const shapes = [[], null, [null, 'N', 3, 0, -1]];
  const content = model({
    graph: graph({
      ...relu,
      inputs: [...relu.inputs!, ...shapes.map((shape, index) => tensor(`in${index}`, 'float16', shape))],
    }),
  });
  assert.deepEqual(
    read(content)
      .signature.inputs.slice(1)
      .map(({ shape }) => shape),
    [[], null, [null, 'N', 3, 0, null]],
  );
});

test('dtypes go by our names, new ones by their number', () => {
  const named = ['uint8', 'string', 'complex128', 'bfloat16', 'float8e4m3fnuz', 'int4', 'float4e2m1', 'int2'];
  const inputs = [...named.map((dtype) => tensor(dtype, dtype, [1])), tensor('unknown(99)', 99, [1])];
  const { signature } = read(model({ graph: graph({ ...relu, inputs: [...relu.inputs!, ...inputs] }) }));
  for (const { name, dtype, type } of signature.inputs.slice(1)) {
    assert.equal(dtype, name);
    assert.equal(type, `tensor(${name})`);
  }
});

test('an input with an initializer has a default since IR version 4, and is a weight before', () => {
  const options = {
    graph: graph({
      ...relu,
      inputs: [tensor('X', 'float32', [4]), tensor('W', 'float32', [2])],
      initializers: [constant('float32', [2], [1, 2], 'W')],
    }),
  };
  const names = (irVersion: number) =>
    read(model({ ...options, irVersion })).signature.inputs.map(({ name, hasDefault }) => [name, hasDefault]);
  assert.deepEqual(names(4), [
    ['X', undefined],
    ['W', true],
  ]);
  assert.deepEqual(names(3), [['X', undefined]]);
});

test('nodes, operators and parameters of nested graphs and functions are counted', () => {
  const branch = (name: string) =>
    graph({
      outputs: [tensor(name, 'float32', [4])],
      initializers: [constant('float32', [4], [1, 2, 3, 4], 'bias')],
      nodes: [node('Add', ['H', 'bias'], [name])],
    });
  const { nodeCount, parameterCount, operators, opsets } = read(
    model({
      opset: { 'ai.onnx': 17, 'com.acme': 1, 'ai.onnx.ml': 3 },
      functions: [
        modelFunction({
          domain: 'com.acme',
          name: 'Twice',
          inputs: ['a'],
          outputs: ['b'],
          nodes: [node('Add', ['a', 'a'], ['b'])],
        }),
      ],
      graph: graph({
        inputs: [tensor('X', 'float32', [4])],
        outputs: [tensor('Y', 'float32', [4])],
        initializers: [constant('bool', [], [1], 'flag')],
        sparseInitializers: [
          sparse(constant('float32', [2], [1, 2], 'S'), constant('int64', [2], [0, 5]), [1000, 1000]),
        ],
        nodes: [
          node('Constant', [], ['C'], { value: constant('float32', [100], Array<number>(100).fill(0)) }),
          node('Twice', ['X'], ['H'], {}, { domain: 'com.acme' }),
          node('If', ['flag'], ['Y'], { then_branch: branch('t'), else_branch: branch('e') }),
        ],
      }),
    }),
  );
  assert.equal(nodeCount, 6);
  assert.equal(parameterCount, 1 + 2 + 4 + 4 + 100);
  assert.deepEqual(Object.entries(operators), [
    ['Add', 3],
    ['Constant', 1],
    ['If', 1],
    ['com.acme.Twice', 1],
  ]);
  assert.deepEqual(
    opsets.map(({ domain }) => domain),
    ['ai.onnx', 'ai.onnx.ml', 'com.acme'],
  );
});

test('an operator named like a property of objects is just counted', () => {
  const nodes = [node('__proto__', ['X'], ['H']), node('constructor', ['H'], ['Y'])];
  const { operators } = read(model({ graph: graph({ ...relu, nodes }) }));
  assert.deepEqual(Object.keys(operators), ['__proto__', 'constructor']);
});

test('optional inputs may be left out, nodes may stand in any order, outer values may be read', () => {
  const body = graph({ outputs: [tensor('t', 'float32', [4])], nodes: [node('Relu', ['H'], ['t'])] });
  const nodes = [
    node('If', ['flag'], ['Y'], { then_branch: body, else_branch: body }),
    node('Clip', ['X', '', 'X'], ['H']),
  ];
  const initializers = [constant('bool', [], [1], 'flag')];
  assert.doesNotThrow(() => read(model({ graph: graph({ ...relu, nodes, initializers }) })));
});

test('a value that nothing produces is refused, in nested graphs and functions too', () => {
  const body = graph({ outputs: [tensor('t', 'float32', [4])], nodes: [node('Relu', ['gone'], ['t'])] });
  const nodes = [node('If', ['X'], ['Y'], { then_branch: body })];
  assert.throws(
    () => read(model({ graph: graph({ ...relu, nodes }) })),
    invalid(/a node reads "gone", which nothing produces/),
  );
  const lost = modelFunction({
    domain: 'my',
    name: 'F',
    inputs: ['a'],
    outputs: ['b'],
    nodes: [node('Relu', ['X'], ['b'])],
  });
  assert.throws(() => read(model({ graph: graph(relu), functions: [lost] })), invalid(/a node reads "X"/));
});

test('operators outside the default domain need no import, as in ONNX Runtime', () => {
  const using = (domain: string, opset: number | Record<string, number> = 17) =>
    model({ opset, graph: graph({ ...relu, nodes: [node('Gelu', ['X'], ['Y'], {}, { domain })] }) });
  const warningsOf = (domain: string) => readOnnxModel(bytesSource(using(domain))).warnings;
  assert.deepEqual(warningsOf('com.microsoft'), []);
  assert.match(
    warningsOf('ai.onnx.ml').join(),
    /^it uses "Gelu" without importing "ai.onnx.ml" \(the file may be truncated\)/,
  );
  assert.throws(() => read(using('', { 'ai.onnx.ml': 3 })), invalid(/"Gelu" without importing "ai.onnx"/));
});

/** In GBK, which is not UTF-8, each `QQQQ` of a text. */
const gbk = (content: Uint8Array): Buffer =>
  Buffer.from(
    Buffer.from(content).toString('latin1').replaceAll('QQQQ', '\u00d5\u00c5\u00c1\u00bf'),
    'latin1',
  );

test('names that are not UTF-8 are taken where the signature does not need them, and stay distinct', () => {
  const called = modelFunction({
    domain: 'my',
    name: 'QQQQ',
    inputs: ['QQQQ1'],
    outputs: ['QQQQ2'],
    nodes: [node('Relu', ['QQQQ1'], ['QQQQ2'])],
  });
  const content = (inner: string, irVersion = 9) =>
    gbk(
      model({
        irVersion,
        producer: { name: 'QQQQ', version: 'QQQQ' },
        opset: { '': 17, my: 1, QQQQ: 1 },
        functions: [called],
        graph: graph({
          ...relu,
          inputs: [
            tensor('X', 'float32', ['QQQQ']),
            ...(irVersion < 4 ? [tensor('QQQQw', 'float32', [1])] : []),
          ],
          initializers: [constant('float32', [1], [1], 'QQQQw')],
          nodes: [
            node(
              'QQQQ',
              ['X'],
              ['QQQQ1'],
              { QQQQ: 'QQQQ' },
              { name: 'QQQQ', domain: 'my', docString: 'QQQQ' },
            ),
            node('Neg', ['X'], ['QQQQ2']),
            node('Add', ['QQQQ1', 'QQQQw'], ['sum']),
            node('Mul', ['sum', inner], ['Y']),
          ],
        }),
      }),
    );
  for (const irVersion of [3, 9]) {
    const facts = read(content('QQQQ2', irVersion));
    assert.deepEqual(
      facts.signature.inputs.map(({ name, shape }) => [name, shape]),
      [['X', [null]]],
    );
    assert.ok(JSON.stringify(facts).isWellFormed());
    assert.deepEqual(facts.producer, { name: '\ufffd'.repeat(4), version: '\ufffd'.repeat(4) });
    assert.equal(facts.operators[`my.${'\ufffd'.repeat(4)}`], 1);
  }
  assert.throws(() => read(content('QQQQ3')), invalid(/a node reads ".*3", which nothing produces/));
  assert.notEqual(read(content('QQQQ1')).graphDigest, read(content('QQQQ2')).graphDigest);
});

test('an input or output whose name is not UTF-8 is refused: nothing could be fed to it', () => {
  const named = (options: GraphOptions) => gbk(model({ graph: graph({ ...relu, ...options }) }));
  assert.throws(
    () => read(named({ inputs: [tensor('QQQQ', 'float32', [4])], nodes: [node('Relu', ['QQQQ'], ['Y'])] })),
    invalid(/the name ".*" of an input or output is not UTF-8/),
  );
  assert.throws(
    () => read(named({ outputs: [tensor('QQQQ', 'float32', [4])], nodes: [node('Relu', ['X'], ['QQQQ'])] })),
    invalid(/not UTF-8/),
  );
});

test('a declared size that no tensor has says nothing', () => {
  const shapes = [2n ** 63n - 1n, 2n ** 53n, -(2n ** 63n), 2 ** 40];
  const facts = read(
    model({
      graph: graph({
        ...relu,
        outputs: [tensor('Y', 'float32', shapes)],
      }),
    }),
  );
  assert.deepEqual(facts.signature.outputs[0]?.shape, [null, null, null, 2 ** 40]);
});

test('shapes that no memory could hold are refused', () => {
  const withWeights = (dims: (number | bigint)[], raw = new Uint8Array()) =>
    model({ graph: graph({ ...relu, initializers: [constant('float32', dims, { raw }, 'W')] }) });
  assert.throws(() => read(withWeights([2 ** 40, 2 ** 40])), invalid(/invalid shape/));
  assert.throws(() => read(withWeights([-1])), invalid(/the dimension -1/));
  assert.throws(() => read(withWeights([2n ** 63n - 1n])), invalid(/out of range/));
  assert.throws(() => read(withWeights(Array<number>(2000).fill(1))), invalid(/more than 1024 dimensions/));
  assert.equal(read(withWeights([2 ** 40, 2 ** 40, 0])).parameterCount, 0);
});

test('weights that are shorter or longer than their shape are refused', () => {
  const withWeights = (dtype: string, dims: number[], length: number) =>
    model({
      graph: graph({ ...relu, initializers: [constant(dtype, dims, { raw: new Uint8Array(length) }, 'W')] }),
    });
  assert.throws(
    () => read(withWeights('float32', [3, 2], 23)),
    invalid(/has 23 bytes, but float32\[3,2\] needs 24/),
  );
  assert.doesNotThrow(() => read(withWeights('float32', [3, 2], 24)));
  assert.doesNotThrow(() => read(withWeights('int4', [3], 2)));
});
