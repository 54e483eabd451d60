import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseExpectedHolder, parseOwnVersion } from '../../src/core/versions/expected-holder.ts';
import { failsWith } from '../support/temp-folder.ts';
import { modelName } from '../support/temp-registry.ts';

const parse = (text: string) => parseExpectedHolder(text, modelName('team/digits'), '--expect');

test('the expected holder is a version, a version with its model, or none', () => {
  assert.equal(parse('none'), 'none');
  for (const text of [
    '1.2.3',
    'v1.2.3',
    'team/digits@1.2.3',
    'team/digits@v1.2.3',
    'models:/team/digits/1.2.3',
  ])
    assert.equal(parse(text), '1.2.3', text);
});

test('a version of another model is refused by name', () => {
  for (const text of ['digits@1.2.3', 'team/other@1.2.3', 'models:/other/1.2.3'])
    assert.throws(
      () => parse(text),
      failsWith('INVALID_INPUT', /version of .*, but the stage is one of team\/digits/),
    );
});

test('what can change its meaning, or is no version, is refused', () => {
  const texts = ['', 'latest', '1.2', 'production', 'team/digits', 'team/digits@', 'team/digits@none'];
  for (const text of [...texts, 'team/digits@production', 'team/digits@^1', '@1.2.3', 'A@1.2.3'])
    assert.throws(
      () => parse(text),
      failsWith('INVALID_INPUT', /invalid --expect .*not a version, NAME@VERSION or "none"/),
      text,
    );
});

test('a version of the model is named with the model or without', () => {
  const own = (text: string) => parseOwnVersion(text, modelName('team/digits'), '--to-version');
  for (const text of ['1.2.3', 'v1.2.3', 'team/digits@1.2.3']) assert.equal(own(text), '1.2.3', text);
  assert.throws(() => own('digits@1.2.3'), failsWith('INVALID_INPUT', /--to-version .*version of digits/));
  for (const text of ['none', '', 'team/digits@latest', 'team/digits'])
    assert.throws(() => own(text), failsWith('INVALID_INPUT', /version/), text);
});
