import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatCheckpoint, parseCheckpoint } from '../../src/core/events/checkpoint.ts';
import { failsWith } from '../support/temp-folder.ts';

const saved = { registry: '123e4567-e89b-12d3-a456-426614174000', seq: 12, hash: 'ab'.repeat(32) };

test('a checkpoint reads back, alone and as part of the --json of history', () => {
  assert.deepEqual(parseCheckpoint(formatCheckpoint(saved), 'x'), saved);
  const whole = JSON.stringify({ schemaVersion: 1, command: 'history', events: [], checkpoint: saved });
  assert.deepEqual(parseCheckpoint(whole, 'x'), saved);
});

const wrong: [text: string, why: RegExp][] = [
  ['', /not JSON/],
  ['{"registry":', /not JSON/],
  ['null', /registry/],
  ['[]', /registry/],
  ['{"checkpoint":null}', /registry/],
  [JSON.stringify({ ...saved, registry: 1 }), /registry/],
  [JSON.stringify({ ...saved, registry: 'x' }), /registry/],
  ...[0, -1, 1.5, '12', 1e300].map((seq): [string, RegExp] => [JSON.stringify({ ...saved, seq }), /seq/]),
  [JSON.stringify({ ...saved, hash: saved.hash.toUpperCase() }), /hash/],
  [JSON.stringify({ ...saved, hash: '' }), /hash/],
];

for (const [text, why] of wrong) {
  test(`no checkpoint: ${text}`, () => {
    assert.throws(() => parseCheckpoint(text, 'the file'), failsWith('INVALID_INPUT', why));
  });
}
