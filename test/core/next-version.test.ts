import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  decideBump,
  lineOf,
  modelKey,
  nextVersion,
  type ModelComparison,
  type VersionBasis,
} from '../../src/core/versions/next-version.ts';
import type { OnnxModel } from '../../src/core/versions/onnx-model.ts';
import { parseVersion, type BumpLevel, type Version } from '../../src/core/versions/version.ts';
import type { Signature } from '../../src/core/versions/signature.ts';
import { digestOfText } from '../support/metadata-samples.ts';

const tensor = (name: string, width: number) => ({
  name,
  type: 'tensor(float32)',
  dtype: 'float32',
  shape: ['batch', width],
});
const signature = (width: number, ...outputs: string[]): Signature => ({
  inputs: [tensor('X', width), tensor('mask', 1)],
  outputs: (outputs.length === 0 ? ['Y'] : outputs).map((name) => tensor(name, 1)),
});
const model = (changed: Partial<OnnxModel> = {}): OnnxModel => ({
  irVersion: 9,
  opsets: [],
  producer: { name: '', version: '' },
  signature: signature(4),
  nodeCount: 1,
  parameterCount: 1,
  operators: {},
  externalData: [],
  graphDigest: 'g1',
  graphDigestVersion: 2,
  ...changed,
});
/** Files by path, each with what stands for its bytes. */
const artifact = (files: Record<string, string>): VersionBasis['artifact'] => ({
  digest: digestOfText(JSON.stringify(files)),
  configDigest: digestOfText('config'),
  size: 1,
  files: Object.entries(files).map(([path, bytes]) => ({ path, digest: digestOfText(bytes), size: 1 })),
});
const onnx: VersionBasis = {
  identity: 'i1',
  format: 'onnx',
  artifact: artifact({ 'model.onnx': 'a' }),
  entry: 'model.onnx',
  onnx: model(),
  golden: null,
  metadata: {},
};
const pickle: VersionBasis = {
  ...onnx,
  identity: 'i2',
  format: 'pickle',
  artifact: artifact({ 'model.pkl': 'p' }),
  entry: null,
  onnx: null,
};
const files = (
  basis: VersionBasis,
  list: Record<string, string>,
  rest: Partial<VersionBasis> = {},
): VersionBasis => ({
  ...basis,
  artifact: artifact(list),
  identity: 'other',
  ...rest,
});
const retrained = files(onnx, { 'model.onnx': 'b' });
const released = (basis: VersionBasis) => ({ ...basis, version: parseVersion('1.2.3') });
const external = model({ externalData: ['w.bin'] });
const folder = files(
  onnx,
  { 'm/model.onnx': 'a', 'm/w.bin': 'w' },
  { entry: 'm/model.onnx', onnx: external },
);
const compared = (rest: Partial<ModelComparison>): ModelComparison => ({
  with: modelKey(onnx),
  sameGraph: true,
  weights: 'same',
  changed: [],
  ...rest,
});

const decisions: [
  what: string,
  before: VersionBasis | undefined,
  after: VersionBasis,
  bump: string,
  reason: string,
  found?: ModelComparison,
][] = [
  ['the first', undefined, onnx, 'initial', 'no release to compare with'],
  ['another kind of artifact', pickle, onnx, 'major', 'the format changed from pickle to onnx since 1.2.3'],
  [
    'another kind, the other way',
    onnx,
    pickle,
    'major',
    'the format changed from onnx to pickle since 1.2.3',
  ],
  ['the same again', onnx, onnx, 'patch', 'the same bytes as 1.2.3, with the same metadata'],
  [
    'the same bytes',
    onnx,
    { ...onnx, identity: 'i3', metadata: { tags: { a: 'b' } } },
    'patch',
    'the same bytes as 1.2.3, with different metadata',
  ],
  [
    'a golden set',
    onnx,
    { ...onnx, identity: 'i3', golden: artifact({ 'g.json': 'g' }) },
    'patch',
    'the same bytes as 1.2.3, with a golden set',
  ],
  [
    'another golden set and metadata',
    { ...onnx, golden: artifact({ 'g.json': 'g' }) },
    { ...onnx, identity: 'i3', golden: artifact({ 'g.json': 'h' }), metadata: { description: 'x' } },
    'patch',
    'the same bytes as 1.2.3, with a different golden set and different metadata',
  ],
  [
    'a golden set less',
    { ...onnx, golden: artifact({ 'g.json': 'g' }) },
    { ...onnx, identity: 'i3' },
    'patch',
    'the same bytes as 1.2.3, with no golden set',
  ],
  [
    'the same bytes of no ONNX file',
    pickle,
    { ...pickle, identity: 'i3', metadata: { description: 'x' } },
    'patch',
    'the same bytes as 1.2.3, with different metadata',
  ],
  [
    'another name',
    onnx,
    files(onnx, { 'b.onnx': 'a' }, { entry: 'b.onnx' }),
    'patch',
    'the same bytes as 1.2.3, under another name: model.onnx was renamed to b.onnx',
  ],
  [
    'another name of no ONNX file',
    pickle,
    files(pickle, { 'b.pkl': 'p' }),
    'minor',
    'the same bytes as 1.2.3, under another name: model.pkl was renamed to b.pkl',
  ],
  [
    'other bytes of no ONNX file',
    pickle,
    files(pickle, { 'model.pkl': 'q' }),
    'minor',
    'the bytes changed since 1.2.3',
  ],
  [
    'another graph',
    onnx,
    { ...retrained, onnx: model({ graphDigest: 'g2' }) },
    'minor',
    'the graph changed since 1.2.3; inputs and outputs are compatible',
  ],
  [
    'another input width',
    onnx,
    { ...retrained, onnx: model({ signature: signature(5) }) },
    'major',
    'inputs or outputs changed since 1.2.3: input X: changed from float32[batch,4] to float32[batch,5]',
  ],
  [
    'an output in another place',
    onnx,
    { ...retrained, onnx: model({ signature: signature(4, 'Z', 'Y') }) },
    'major',
    'inputs or outputs changed since 1.2.3: output Y: moved from position 1 to 2',
  ],
  [
    'inputs in other places',
    onnx,
    {
      ...retrained,
      onnx: model({
        graphDigest: 'g2',
        signature: { ...signature(4), inputs: signature(4).inputs.toReversed() },
      }),
    },
    'minor',
    'the graph changed since 1.2.3; inputs and outputs are compatible; note: input X: moved from position 1 to 2; input mask: moved from position 2 to 1',
  ],
  ['bytes that nobody compared', onnx, retrained, 'look', ''],
  ['a comparison with another version', onnx, retrained, 'look', '', compared({ with: 'another' })],
  [
    'other weights',
    onnx,
    retrained,
    'patch',
    'the weights changed since 1.2.3; the graph is the same',
    compared({ weights: 'other' }),
  ],
  [
    'stored bytes that are damaged',
    onnx,
    retrained,
    'patch',
    'the bytes changed since 1.2.3; the graph is the same, but the weights cannot be compared',
    compared({ weights: 'unknown' }),
  ],
  [
    'other labels',
    onnx,
    retrained,
    'patch',
    'the same graph and weights as 1.2.3, with a different IR version and different doc strings',
    compared({ changed: ['a different IR version', 'different doc strings'] }),
  ],
  [
    'bytes in another order',
    onnx,
    retrained,
    'patch',
    'the same graph and weights as 1.2.3, with different bytes',
    compared({}),
  ],
  [
    'other labels, and a file beside',
    onnx,
    files(onnx, { 'model.onnx': 'b', 'labels.txt': 'l' }),
    'patch',
    'the same graph and weights as 1.2.3, with different doc strings; labels.txt was added',
    compared({ changed: ['different doc strings'] }),
  ],
  [
    'a file beside the model',
    folder,
    { ...files(folder, { 'm/model.onnx': 'a', 'm/w.bin': 'w', 'labels.txt': 'l' }) },
    'patch',
    'the same graph and weights as 1.2.3: labels.txt was added',
  ],
  [
    'a file beside that changed, and one that went',
    files(onnx, { 'model.onnx': 'a', a: '1', b: '2' }),
    files(onnx, { 'model.onnx': 'a', a: '2' }),
    'patch',
    'the same graph and weights as 1.2.3: a changed; b was removed',
  ],
  ['external data that changed', folder, files(folder, { 'm/model.onnx': 'a', 'm/w.bin': 'x' }), 'look', ''],
  [
    'another file as the model',
    files(onnx, { 'model.onnx': 'a', 'b.onnx': 'a' }),
    files(onnx, { 'model.onnx': 'a', 'b.onnx': 'a' }, { entry: 'b.onnx' }),
    'patch',
    'the same graph and weights as 1.2.3: the model is now b.onnx',
  ],
  [
    'a digest of an older version',
    { ...onnx, onnx: model({ graphDigestVersion: 1, graphDigest: 'old' }) },
    retrained,
    'look',
    '',
  ],
  [
    'an older digest whose bytes have the graph',
    { ...onnx, onnx: model({ graphDigestVersion: 1, graphDigest: 'old' }) },
    retrained,
    'patch',
    'the weights changed since 1.2.3; the graph is the same',
    compared({ weights: 'other' }),
  ],
  [
    'an older digest whose bytes have another graph',
    { ...onnx, onnx: model({ graphDigestVersion: 1, graphDigest: 'old' }) },
    retrained,
    'minor',
    'the graph changed since 1.2.3; inputs and outputs are compatible',
    compared({ sameGraph: false }),
  ],
];

for (const [what, before, after, bump, reason, found] of decisions) {
  test(`${what}: ${bump}`, () => {
    const decided = decideBump(before && released(before), after, found);
    assert.deepEqual(decided, bump === 'look' ? 'look' : { bump, reason });
  });
}

const numbers: [base: string | undefined, level: BumpLevel, highest: string | undefined, next: string][] = [
  [undefined, 'patch', undefined, '1.0.0'],
  [undefined, 'major', undefined, '1.0.0'],
  [undefined, 'patch', '2.3.4', '2.3.5'],
  ['1.2.3', 'patch', '1.2.3', '1.2.4'],
  ['1.2.3', 'patch', '1.2.9', '1.2.10'],
  ['1.2.3', 'minor', '1.5.7', '1.6.0'],
  ['1.2.3', 'major', '4.0.0', '5.0.0'],
  ['1.2.3', 'patch', '1.2.9+gpu', '1.2.10'],
];

for (const [base, level, highest, next] of numbers) {
  test(`a ${level} bump of ${base ?? 'nothing'}, where ${highest ?? 'nothing'} was issued, is ${next}`, () => {
    const version = (text: string | undefined): Version | undefined =>
      text === undefined ? undefined : parseVersion(text);
    assert.equal(nextVersion(version(base), level, version(highest)), next);
  });
}

test('a bump looks for numbers issued in its own line only', () => {
  const base = parseVersion('1.2.3');
  assert.deepEqual(lineOf(base, 'patch'), [1, 2]);
  assert.deepEqual(lineOf(base, 'minor'), [1]);
  assert.deepEqual(lineOf(base, 'major'), []);
  assert.deepEqual(lineOf(undefined, 'patch'), []);
});
