import assert from 'node:assert/strict';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { formatValueType } from '../../src/core/versions/signature-change.ts';
import { checkExternalData } from '../../src/onnx/file/external-data.ts';
import type { DigestVersion } from '../../src/onnx/graph/graph-digest.ts';
import { readOnnxModel } from '../../src/onnx/file/read-model.ts';
import { bytesSource } from '../support/byte-source.ts';

const fixtures = join(import.meta.dirname, '../fixtures');
const read = (name: string, version?: DigestVersion) =>
  readOnnxModel(bytesSource(readFileSync(join(fixtures, name, 'model.onnx'))), version);

const digits = ['label: int64[batch]', 'probabilities: float32[batch,10]'];
const mlp = { ArgMax: 1, Gemm: 2, Mul: 1, Relu: 1, Softmax: 1 };
const standard = [{ domain: 'ai.onnx', version: 17 }];
const withMl = [...standard, { domain: 'ai.onnx.ml', version: 3 }];

/**
 * Names, shapes and dtypes of inputs and outputs agree with the metadata of ONNX Runtime's
 * sessions.
 */
const expected = {
  digits_mlp: {
    inputs: ['X: float32[batch,64]'],
    outputs: digits,
    operators: mlp,
    parameterCount: 2411,
    opsets: standard,
  },
  digits_mlp_retrained: {
    inputs: ['X: float32[batch,64]'],
    outputs: digits,
    operators: mlp,
    parameterCount: 2411,
    opsets: standard,
  },
  digits_mlp_bad: {
    inputs: ['X: float32[batch,64]'],
    outputs: digits,
    operators: mlp,
    parameterCount: 2411,
    opsets: standard,
  },
  digits_mlp_v2: {
    inputs: ['X: float32[batch,64]'],
    outputs: digits,
    operators: { ...mlp, Gemm: 3, Relu: 2 },
    parameterCount: 167179,
    opsets: standard,
  },
  digits_conv_external: {
    inputs: ['image: float32[batch,1,8,8]'],
    outputs: digits,
    operators: { ArgMax: 1, Conv: 1, Flatten: 1, Gemm: 1, MaxPool: 1, Mul: 1, Relu: 1, Softmax: 1 },
    parameterCount: 4091,
    opsets: standard,
  },
  breast_cancer_lr: {
    inputs: ['features: float32[N,30]'],
    outputs: ['label: int64[N]', 'probabilities: float32[N,2]'],
    operators: { ArgMax: 1, Gemm: 1, Softmax: 1 },
    parameterCount: 62,
    opsets: standard,
  },
  diabetes_trees: {
    inputs: ['features: float32[N,10]'],
    outputs: ['prediction: float32[N,1]'],
    operators: { 'ai.onnx.ml.TreeEnsembleRegressor': 1 },
    parameterCount: 2551,
    opsets: withMl,
  },
  cars_mixed_inputs: {
    inputs: [
      'origin: string[N,1]',
      'cylinders: int64[N,1]',
      'horsepower: float32[N,1]',
      'weight: float32[N,1]',
    ],
    outputs: ['mpg: float32[N,1]', 'thirsty: bool[N,1]', 'origin_out: string[N,1]'],
    operators: {
      Cast: 1,
      Concat: 2,
      Div: 1,
      Gemm: 1,
      Identity: 1,
      Less: 1,
      Reshape: 1,
      'ai.onnx.ml.OneHotEncoder': 1,
    },
    parameterCount: 13,
    opsets: withMl,
  },
  iris_zipmap: {
    inputs: ['X: float32[N,4]'],
    outputs: ['label: int64[N]', 'probabilities: seq(map(int64,tensor(float32)))'],
    operators: { 'ai.onnx.ml.LinearClassifier': 1, 'ai.onnx.ml.ZipMap': 1 },
    parameterCount: 15,
    opsets: withMl,
  },
};

for (const [name, facts] of Object.entries(expected)) {
  test(`${name} is read as it is`, () => {
    const { model } = read(name);
    const show = (values: typeof model.signature.inputs) =>
      values.map((value) => `${value.name}: ${formatValueType(value)}`);
    assert.deepEqual(
      {
        inputs: show(model.signature.inputs),
        outputs: show(model.signature.outputs),
        operators: model.operators,
        parameterCount: model.parameterCount,
        opsets: model.opsets,
      },
      facts,
    );
    assert.equal(model.irVersion, 9);
    assert.deepEqual(model.producer, { name: 'sklearn-export', version: '' });
    assert.equal(
      model.nodeCount,
      Object.values(facts.operators).reduce((sum, count) => sum + count, 0),
    );
    assert.deepEqual(model.externalData, name === 'digits_conv_external' ? ['weights.bin'] : []);
  });
}

test('training again keeps the graph digest, another architecture changes it', () => {
  const digest = (name: string) => read(name).model.graphDigest;
  assert.equal(digest('digits_mlp_retrained'), digest('digits_mlp'));
  assert.equal(digest('digits_mlp_bad'), digest('digits_mlp'));
  assert.notEqual(digest('digits_mlp_v2'), digest('digits_mlp'));
});

const stored: Record<DigestVersion, string[]> = {
  1: [
    'digits_mlp sha256:2a85e9b0d1743a6ccd40232e2462fc94a896c5ade9bf65e063243c3f7cded2af',
    'digits_conv_external sha256:69dc53c8aed384c7b4c7d34981a05cbd73717cd6c46efaa824db4915a132e0ca',
    'diabetes_trees sha256:19bbc41abf4030c14c587a00a75bd7dbc7dde469062ceddb37f7a40962a97130',
    'cars_mixed_inputs sha256:284a0de72a0f1a6ee98e4fc1e7dfe49db083e5788583c8b265af073516588ac7',
    'iris_zipmap sha256:6668cf901fedffe0bbeab3dec1a8f770f11cb6b8b4a32c047ba8d35b5e56f83b',
  ],
  2: [
    'digits_mlp sha256:cf725b57f4ddcf4fb312a3e4aa9c1128eaa652236eb30c9769b57d5c5628769b',
    'digits_conv_external sha256:21415154a48c3b74a94eec5a13d9c2b3f80f06797a2cb3f964e2e3519e5d158c',
    'diabetes_trees sha256:f37477236a29abf567ab549cd2a5d8ae6863baa86c5e0c4f77122f344e65b384',
    'cars_mixed_inputs sha256:f3b059bce5956429c010290ed158e278c21d6cb916ffcdbbd7fb0b2c30325fa8',
    'iris_zipmap sha256:8b1e60accc60c6534a12821de0ec3fac5782282e062aae1eb47c30f59f458cf6',
  ],
};

for (const version of [1, 2] as const) {
  test(`graph digests of version ${version} stay what they were when versions were stored with them`, () => {
    assert.deepEqual(
      stored[version].map((line) => {
        const [name = ''] = line.split(' ');
        return `${name} ${read(name, version).model.graphDigest}`;
      }),
      stored[version],
    );
  });
}

test('version 1 of the digest comes with what was read of a model at its time', () => {
  const { model } = read('diabetes_trees', 1);
  assert.equal(model.parameterCount, 0);
  assert.equal('graphDigestVersion' in model, false);
});

test('the external data of the convolution lies in weights.bin', () => {
  const { externalReferences } = read('digits_conv_external');
  const { size } = statSync(join(fixtures, 'digits_conv_external/weights.bin'));
  assert.doesNotThrow(() => checkExternalData(externalReferences, new Map([['weights.bin', size]])));
  assert.throws(() => checkExternalData(externalReferences, new Map([['weights.bin', size - 1]])), {
    code: 'INVALID_INPUT',
    message: 'tensor "hb" needs 40 bytes at offset 16320 of "weights.bin", but the file has 16359 bytes',
  });
  assert.throws(() => checkExternalData(externalReferences, new Map()), {
    code: 'INVALID_INPUT',
    message: 'tensor "hb" has its data in "weights.bin", which is not in the artifact',
  });
});
