import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { withFile } from '../../src/onnx/file/bytes.ts';
import { type ClassLabels, readClassLabels } from '../../src/onnx/graph/class-labels.ts';
import { bytesSource } from '../support/byte-source.ts';
import { constant, graph, model, node, tensor } from '../support/onnx-writer.ts';

const fixtures = join(import.meta.dirname, '../fixtures');
const ml = 'ai.onnx.ml';
const opset = { '': 17, [ml]: 3 };

type Nodes = ReturnType<typeof node>[];

function labelsOf(
  nodes: Nodes,
  more: { metadata?: Record<string, string>; initializers?: ReturnType<typeof constant>[] } = {},
): ClassLabels {
  const bytes = model({
    opset,
    metadata: more.metadata ?? {},
    graph: graph({
      inputs: [tensor('x', 'float32', ['N', 3])],
      outputs: [tensor('label', 'string', ['N']), tensor('scores', 'float32', ['N', 3])],
      initializers: more.initializers ?? [],
      nodes,
    }),
  });
  return readClassLabels(bytesSource(bytes));
}

const words = ['cat', 'dog', 'Ærø'];
const ofScores = ({ outputs }: ClassLabels) => outputs.get('scores');

test('a classifier names the classes of its scores, whatever follows them', () => {
  for (const operator of ['LinearClassifier', 'SVMClassifier', 'TreeEnsembleClassifier'])
    assert.deepEqual(
      ofScores(
        labelsOf([
          node(operator, ['x'], ['label', 'raw'], { classlabels_strings: words }, { domain: ml }),
          node('Normalizer', ['raw'], ['normal'], { norm: 'L1' }, { domain: ml }),
          node('Cast', ['normal'], ['scores'], { to: 1 }),
        ]),
      ),
      words,
    );
  assert.deepEqual(
    ofScores(
      labelsOf([
        node(
          'LinearClassifier',
          ['x'],
          ['label', 'scores'],
          { classlabels_ints: [-1, 0, 7] },
          { domain: ml },
        ),
      ]),
    ),
    ['-1', '0', '7'],
  );
});

test('what decodes the largest value names the classes of what it was found in', () => {
  const largest = node('ArgMax', ['x'], ['at'], { axis: 1 });
  const scores = node('Identity', ['x'], ['scores']);
  const encoder = node(
    'LabelEncoder',
    ['at'],
    ['label'],
    { keys_int64s: [2, 0, 1], values_strings: ['Ærø', 'cat', 'dog'] },
    { domain: ml },
  );
  assert.deepEqual(ofScores(labelsOf([largest, scores, encoder])), words);
  const list = constant('string', [3], words, 'classes');
  const flat = node('Reshape', ['at', 'shape'], ['flat']);
  const extract = node('ArrayFeatureExtractor', ['classes', 'flat'], ['label'], {}, { domain: ml });
  const shape = constant('int64', [2], [1n, -1n], 'shape');
  assert.deepEqual(
    ofScores(labelsOf([largest, flat, extract, scores], { initializers: [list, shape] })),
    words,
  );
  const numbers = constant('int64', [3], [30n, -10n, 20n], 'classes');
  const gather = node('Gather', ['classes', 'at'], ['label']);
  assert.deepEqual(ofScores(labelsOf([largest, gather, scores], { initializers: [numbers] })), [
    '30',
    '-10',
    '20',
  ]);
});

test('an encoder of other keys names nothing', () => {
  const encoder = node(
    'LabelEncoder',
    ['at'],
    ['label'],
    { keys_int64s: [1, 2, 3], values_strings: words },
    { domain: ml },
  );
  const nodes = [node('ArgMax', ['x'], ['at'], { axis: 1 }), encoder, node('Identity', ['x'], ['scores'])];
  assert.equal(ofScores(labelsOf(nodes)), undefined);
});

test('a ZipMap names classes, and the tensor behind it', () => {
  const labels = withFile(join(fixtures, 'iris_zipmap/model.onnx'), readClassLabels);
  assert.deepEqual(labels.outputs, new Map([['probabilities', ['0', '1', '2']]]));
  assert.deepEqual(labels.zipped, new Map([['probabilities', 'raw']]));
});

test('a tensor behind a ZipMap that is an output itself is not named twice', () => {
  const nodes = [
    node('LinearClassifier', ['x'], ['label', 'scores'], { classlabels_strings: words }, { domain: ml }),
    node('ZipMap', ['scores'], ['zipped'], { classlabels_strings: words }, { domain: ml }),
  ];
  assert.deepEqual(labelsOf(nodes).zipped, new Map());
});

test('metadata names the classes of a model, as JSON or as Python prints them', () => {
  const of = (key: string, text: string) =>
    labelsOf([node('Identity', ['x'], ['scores'])], { metadata: { author: 'ada', [key]: text } }).model;
  assert.deepEqual(of('class_names', '["cat","dog"]'), ['cat', 'dog']);
  assert.deepEqual(of('id2label', '{"1":"dog","0":"cat"}'), ['cat', 'dog']);
  assert.deepEqual(of('names', `{0: 'cat', 1: "o'neill", 10: 'x', 2: 'say "hi"'}`), null);
  assert.deepEqual(of('names', `{0: 'cat', 1: "o'neill", 2: 'say "hi", 3: or', 3: 'it\\'s'}`), [
    'cat',
    "o'neill",
    'say "hi", 3: or',
    "it's",
  ]);
  assert.deepEqual(of('labels', 'cat,dog'), null);
  assert.deepEqual(of('classes', '{"__proto__":"x"}'), null);
  assert.deepEqual(of('classes', '{"0":["x"]}'), null);
  assert.deepEqual(of('other', '["cat"]'), null);
});

test('a graph that turns in a circle ends', () => {
  const nodes = [
    node('Identity', ['b'], ['a']),
    node('Identity', ['a'], ['b']),
    node('Identity', ['a'], ['scores']),
  ];
  assert.equal(ofScores(labelsOf(nodes)), undefined);
});

test('bytes that are no text in an attribute name nothing', () => {
  const long = ['x'.repeat(70_000), 'y', 'z'];
  const nodes = [
    node('LinearClassifier', ['x'], ['label', 'scores'], { classlabels_strings: long }, { domain: ml }),
  ];
  assert.deepEqual(labelsOf(nodes).outputs, new Map());
});
