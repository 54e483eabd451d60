import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parseMetadata } from '../../src/core/metadata/metadata.ts';
import { metadata } from '../../src/api/published.ts';
import { schemaReader } from '../support/documented-json.ts';
import { failsWith, fixture } from '../support/temp-folder.ts';

const accepts = schemaReader().compile(metadata);

test('the published schema accepts every metadata file of the fixtures', () => {
  const files = globSync(fixture('*/metadata.json'));
  assert.ok(files.length > 3);
  for (const file of files)
    assert.ok(accepts(JSON.parse(readFileSync(file, 'utf8'))), `${file} ${JSON.stringify(accepts.errors)}`);
});

test('all sections at once', () => {
  const value = {
    metrics: { auc: 0.93 },
    params: { lr: 0.01, solver: 'lbfgs', shuffle: true, seed: null, layers: [64, { a: 1 }] },
    tags: { team: 'vision' },
    description: 'digits',
    framework: 'scikit-learn',
    data: [{ name: 'train', hash: `sha256:${'0'.repeat(64)}`, uri: 's3://models/train.csv', size: 7 }],
    source: { repository: 'git@example.com:models', dirty: false },
    run: 'https://example.com/runs/1',
    parents: ['digits@1.0.0'],
    extra: { any: [1, 'a', null, { deep: true }] },
  };
  parseMetadata(JSON.stringify(value), 'metadata.json');
  assert.ok(accepts(value), JSON.stringify(accepts.errors));
  assert.deepEqual(
    Object.keys(value),
    Object.keys(metadata['properties'] as object),
    'a key is not tried here',
  );
});

test('what register refuses, the schema refuses too, where JSON Schema can say it', () => {
  const refused: unknown[] = [
    [],
    null,
    { metric: { auc: 0.9 } },
    { metrics: { auc: '0.9' } },
    { metrics: { auc: null } },
    { params: [64, 32] },
    { tags: { a: 1 } },
    { tags: { '': 'x' } },
    { tags: { a: 'x\0' } },
    { tags: { 'a\0': 'x' } },
    { description: '\0' },
    { params: { a: '\0' } },
    { parents: ['a\0@1.0.0'] },
    { data: [{ uri: 's3://x' }] },
    { data: [{ name: 'train', path: 'x' }] },
    { data: [{ name: 'train', hash: 'sha256:12' }] },
    { data: [{ name: 'train', size: -1 }] },
    { run: '' },
    { parents: 'digits@1.0.0' },
  ];
  for (const value of refused) {
    const text = JSON.stringify(value);
    assert.throws(() => parseMetadata(text, 'metadata.json'), failsWith('INVALID_INPUT'), text);
    assert.equal(accepts(value), false, text);
  }
});
