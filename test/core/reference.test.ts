import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseExplicitReference, parseReference } from '../../src/core/versions/reference.ts';
import { failsWith } from '../support/temp-folder.ts';

const hex = '0123456789abcdef'.repeat(4);

const spellings: [text: string, name: string, selector: object | undefined][] = [
  ['digits', 'digits', undefined],
  ['team/digits@1.4.0', 'team/digits', { kind: 'version', version: '1.4.0' }],
  ['digits@1.4.0-rc.1+gpu', 'digits', { kind: 'version', version: '1.4.0-rc.1+gpu' }],
  ['digits@^1.2', 'digits', { kind: 'range', range: '^1.2' }],
  ['digits@1', 'digits', { kind: 'range', range: '1' }],
  ['digits@~1.2', 'digits', { kind: 'range', range: '~1.2' }],
  ['digits@>=1 <2', 'digits', { kind: 'range', range: '>=1 <2' }],
  ['digits@*', 'digits', { kind: 'range', range: '*' }],
  ['digits@x', 'digits', { kind: 'range', range: 'x' }],
  ['digits@v1', 'digits', { kind: 'range', range: 'v1' }],
  ['digits@latest', 'digits', { kind: 'latest' }],
  ['digits@production', 'digits', { kind: 'stage', stage: 'production', back: 0 }],
  ['digits@production~0', 'digits', { kind: 'stage', stage: 'production', back: 0 }],
  ['digits@production~1', 'digits', { kind: 'stage', stage: 'production', back: 1 }],
  ['digits@canary_eu-1~12', 'digits', { kind: 'stage', stage: 'canary_eu-1', back: 12 }],
  ['digits@sha256:1f0c9a7e', 'digits', { kind: 'digest', prefix: 'sha256:1f0c9a7e' }],
  [`digits@sha256:${hex}`, 'digits', { kind: 'digest', prefix: `sha256:${hex}` }],
  // MLflow
  ['models:/digits@champion', 'digits', { kind: 'stage', stage: 'champion', back: 0 }],
  ['models:/team/digits@production~1', 'team/digits', { kind: 'stage', stage: 'production', back: 1 }],
  ['models:/digits/3.0.0', 'digits', { kind: 'version', version: '3.0.0' }],
  ['models:/team/digits/3', 'team/digits', { kind: 'range', range: '3' }],
  ['models:/digits/1.2', 'digits', { kind: 'range', range: '1.2' }],
  ['models:/digits/v2.0.0-rc.1', 'digits', { kind: 'version', version: '2.0.0-rc.1' }],
  ['models:/digits/latest', 'digits', { kind: 'latest' }],
  ['models:/digits', 'digits', undefined],
  ['models:/digits/Production', 'digits', { kind: 'stage', stage: 'production', back: 0 }],
  ['models:/team/digits/Staging', 'team/digits', { kind: 'stage', stage: 'staging', back: 0 }],
  ['models:/team/production', 'team/production', undefined],
  ['models:///digits@champion', 'digits', { kind: 'stage', stage: 'champion', back: 0 }],
  ['models:/team/3d-unet', 'team/3d-unet', undefined],
  ['models:/team/2024-fraud@champion', 'team/2024-fraud', { kind: 'stage', stage: 'champion', back: 0 }],
  // GTO
  ['digits@v1.2.3', 'digits', { kind: 'version', version: '1.2.3' }],
  ['digits#production', 'digits', { kind: 'stage', stage: 'production', back: 0 }],
  ['digits#v1.2.3', 'digits', { kind: 'version', version: '1.2.3' }],
];

for (const [text, name, selector] of spellings) {
  test(`${text.slice(0, 40)} is understood`, () => {
    assert.deepEqual(parseReference(text), selector === undefined ? { name } : { name, selector });
  });
}

const refused = {
  empty: '',
  'no name': '@1.0.0',
  'empty selector': 'digits@',
  blank: 'digits@ ',
  'two selectors': 'digits@1.0.0@2.0.0',
  'short digest': 'digits@sha256:1f0c9a7',
  'upper-case digest': 'digits@sha256:1F0C9A7E',
  'long digest': `digits@sha256:${hex}0`,
  'another hash': 'digits@md5:d41d8cd98f00b204e9800998ecf8427e',
  'upper-case stage': 'digits@Production',
  'back from a version': 'digits@1.0.0~1',
  'back from latest': 'digits@latest~1',
  'back by a word': 'digits@production~one',
  'back by nothing': 'digits@production~',
  'back by a negative number': 'digits@production~-1',
  'back too far': 'digits@production~1000000',
  newline: 'digits@production\n',
  prototype: 'digits@__proto__',
  'an escape': 'digits@\u001b[31m',
  'a name that climbs': 'models:/../etc@1.0.0',
};

for (const [what, text] of Object.entries(refused)) {
  test(`refused: ${what}`, () => {
    assert.throws(() => parseReference(text), failsWith('INVALID_INPUT'));
  });
}

test('what is wrong with a selector is said', () => {
  const reasons: [text: string, why: RegExp][] = [
    ['digits@Production', /stage names are lower-case: production/],
    ['digits#Staging~1', /stage names are lower-case: staging~1/],
    ['digits@', /expected a version or a stage at the end/],
    ['digits@sha256:1F0C9A7E', /lower-case hex digits/],
    ['Digits@1.0.0', /invalid model name "Digits": it must be in lower case/],
  ];
  for (const [text, why] of reasons)
    assert.throws(() => parseReference(text), failsWith('INVALID_INPUT', why));
});

test('a command that changes a version wants to know which one', () => {
  assert.throws(() => parseExplicitReference('digits'), failsWith('USAGE', /needs a version/));
  assert.equal(parseExplicitReference('digits@latest').selector.kind, 'latest');
});
