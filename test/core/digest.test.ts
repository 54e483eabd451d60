import assert from 'node:assert/strict';
import { test } from 'node:test';
import { digestOf, hexOf, parseDigest, shortDigest } from '../../src/core/versions/artifact.ts';
import { parseReference } from '../../src/core/versions/reference.ts';
import { failsWith } from '../support/temp-folder.ts';

const hex = '0123456789abcdef'.repeat(4);

test('a digest is sha256: and 64 lower-case hex digits', () => {
  assert.equal(parseDigest(`sha256:${hex}`), digestOf(hex));
  assert.equal(hexOf(digestOf(hex)), hex);
  for (const text of [
    hex,
    `sha256:${hex}0`,
    `sha256:${hex.toUpperCase()}`,
    `md5:${hex}`,
    `sha256:${hex}\n`,
    '',
  ]) {
    assert.throws(() => parseDigest(text), failsWith('INVALID_INPUT', /invalid digest/));
  }
});

test('the short form works in a reference', () => {
  const short = shortDigest(digestOf(hex));
  assert.equal(short, 'sha256:0123456789ab');
  assert.deepEqual(parseReference(`digits@${short}`).selector, { kind: 'digest', prefix: short });
});
