import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decideBump, lineOf, nextVersion, type VersionBasis } from '../../src/core/next-version.ts';
import { parseVersion, type BumpLevel, type Version } from '../../src/core/version.ts';
import type { Signature } from '../../src/core/signature.ts';

const tensor = (name: string, width: number) => ({
  name,
  type: 'tensor(float32)',
  dtype: 'float32',
  shape: ['batch', width],
});
const signature = (width: number): Signature => ({ inputs: [tensor('X', width)], outputs: [tensor('Y', 1)] });
const onnx: VersionBasis = {
  identity: 'i1',
  format: 'onnx',
  digest: 'd1',
  graphDigest: 'g1',
  signature: signature(4),
};
const pickle: VersionBasis = {
  identity: 'i2',
  format: 'pickle',
  digest: 'p1',
  graphDigest: null,
  signature: null,
};
const released = (basis: VersionBasis) => ({ ...basis, version: parseVersion('1.2.3') });

const decisions: [
  what: string,
  before: VersionBasis | undefined,
  after: VersionBasis,
  bump: string,
  reason: RegExp,
][] = [
  ['the first', undefined, onnx, 'initial', /no release/],
  ['another kind of artifact', pickle, onnx, 'major', /since 1\.2\.3: pickle became onnx/],
  ['another kind, the other way', onnx, pickle, 'major', /onnx became pickle/],
  ['the same again', onnx, onnx, 'patch', /the same bytes with the same metadata/],
  ['the same bytes', onnx, { ...onnx, identity: 'i3' }, 'patch', /the same bytes with other metadata/],
  [
    'the same bytes of no ONNX file',
    pickle,
    { ...pickle, identity: 'i3' },
    'patch',
    /the same bytes with other metadata/,
  ],
  ['other bytes of no ONNX file', pickle, { ...pickle, digest: 'p2' }, 'minor', /other bytes/],
  ['other weights', onnx, { ...onnx, digest: 'd2' }, 'patch', /same graph with other weights/],
  ['another graph', onnx, { ...onnx, digest: 'd2', graphDigest: 'g2' }, 'minor', /the graph changed/],
  [
    'another input width',
    onnx,
    { ...onnx, digest: 'd2', graphDigest: 'g2', signature: signature(5) },
    'major',
    /inputs or outputs changed since 1\.2\.3: .*X/,
  ],
];

for (const [what, before, after, bump, reason] of decisions) {
  test(`${what} is ${bump}`, () => {
    const decided = decideBump(before && released(before), after);
    assert.equal(decided.bump, bump);
    assert.match(decided.reason, reason);
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
