import assert from 'node:assert/strict';
import { test } from 'node:test';
import { amend, currentMetadata } from '../../src/core/versions/amendments.ts';

test('a later amendment stands on an earlier one', () => {
  const first = amend(null, { description: 'a', metrics: { auc: 1, f1: 2 } });
  assert.deepEqual(amend(first, { metrics: { f1: 3 } }), { description: 'a', metrics: { auc: 1, f1: 3 } });
  assert.deepEqual(amend(first, { description: '' }), { description: '', metrics: { auc: 1, f1: 2 } });
  assert.deepEqual(amend(null, {}), {});
});

test('the metadata now is what was given, amended, with the tags of now', () => {
  const metadata = { metrics: { auc: 1 }, tags: { old: 'x' }, description: 'given', framework: 'f' };
  assert.deepEqual(
    currentMetadata({ metadata, amended: { description: 'new', metrics: { f1: 2 } }, tags: { a: 'b' } }),
    { metrics: { auc: 1, f1: 2 }, framework: 'f', tags: { a: 'b' }, description: 'new' },
  );
  assert.deepEqual(currentMetadata({ metadata, amended: { description: '' }, tags: {} }), {
    metrics: { auc: 1 },
    framework: 'f',
  });
  assert.deepEqual(currentMetadata({ metadata: {}, amended: null, tags: {} }), {});
});
