import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fillFileName } from '../../src/core/text/file-name-template.ts';
import { failsWith } from '../support/temp-folder.ts';

const values = {
  name: 'digits',
  version: '1.1.0',
  stage: 'production',
  digest: '951732f754bf',
  ext: '.onnx',
  metrics: { auc: 0.93, 'top 1/5': 0.5 },
};

test('a template names a file by what is known of the version', () => {
  for (const [template, name] of [
    ['{name}_v{version}_auc{auc}_{stage}{ext}', 'digits_v1.1.0_auc0.93_production.onnx'],
    ['{digest}', '951732f754bf'],
    ['plain', 'plain'],
    ['{top 1/5}', '0.5'],
  ] as const)
    assert.equal(fillFileName(template, values), name);
  assert.equal(fillFileName('{stage}', { ...values, stage: null }), 'none');
  assert.equal(fillFileName('{version}', { ...values, version: '1.0.0 / x' }), '1.0.0---x');
});

test('what cannot be a name is refused', () => {
  for (const template of ['a/b', 'a\\b', '{name', 'name}', '{a{name}}'])
    assert.throws(
      () => fillFileName(template, values),
      failsWith('USAGE', /not a file name template/),
      template,
    );
  for (const template of ['{rmse}', '{}', '{constructor}', '{__proto__}'])
    assert.throws(
      () => fillFileName(template, values),
      failsWith('INVALID_INPUT', /unknown field/),
      template,
    );
});
