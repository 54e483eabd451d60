import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseModelName } from '../../src/core/versions/reference.ts';
import { failsWith } from '../support/temp-folder.ts';

const accepted = [
  'digits',
  'digits-mlp',
  'team/digits.v2',
  'a',
  '0',
  'a/b/c/d',
  'con-x',
  'console',
  'a_b',
  'x'.repeat(128),
];

for (const name of accepted) {
  test(`${name.slice(0, 20)} is a model name`, () => assert.equal(parseModelName(name), name));
}

const refused = {
  empty: '',
  'parent folder': '..',
  'climbing out': 'a/../b',
  'this folder': '.',
  absolute: '/digits',
  'empty part': 'a//b',
  'ends in a slash': 'a/',
  drive: 'C:',
  'drive and path': 'c:/digits',
  backslash: 'a\\b',
  'percent, twice': '%252e%252e',
  NUL: 'a\0b',
  newline: 'digits\n',
  device: 'con',
  'device with an extension': 'team/nul.txt',
  'serial port': 'com1',
  'upper case': 'Digits',
  'not ASCII': 'modèle',
  'full-width': '\uff44igits',
  space: 'my model',
  'leading dash': '-rf',
  'double dot': 'a..b',
  'ends in a dot': 'a.',
  reference: 'digits@1.0.0',
  'one too long': 'x'.repeat(129),
  '10 kB': 'x'.repeat(10_240),
};

for (const [what, name] of Object.entries(refused)) {
  test(`${what} is no model name`, () => {
    assert.throws(() => parseModelName(name), failsWith('INVALID_INPUT', /invalid model name/));
  });
}

test('the reason is the real one', () => {
  const reasons: [name: string, why: RegExp][] = [
    ['Digits', /: it must be in lower case$/],
    ['team/Digits', /: the part "Digits" must be in lower case$/],
    ['my model', /: it contains " ", which is not allowed$/],
    ['a\\b', /: it contains "\\", which is not allowed$/],
    ['a..b', /: it has two of \. _ - in a row$/],
    ['a_', /: it must start and end with a letter or a digit$/],
  ];
  for (const [name, why] of reasons)
    assert.throws(() => parseModelName(name), failsWith('INVALID_INPUT', why));
});

test('what was received is shown escaped and short', () => {
  assert.throws(
    () => parseModelName('\u001b[2J\u202e'),
    failsWith('INVALID_INPUT', /^invalid model name "\\u\{1b\}\[2J\\u\{202e\}"/),
  );
  assert.throws(
    () => parseModelName('é'.repeat(10_000)),
    (error: Error) => error.message.length < 250,
  );
});

test('every model name is a valid OCI repository name', () => {
  // distribution-spec, "Pulling manifests"
  const oci = /^[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(\/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*$/;
  const text = fc.string({
    unit: fc.constantFrom('a', 'b', '0', '.', '_', '-', '/', '~', 'A'),
    maxLength: 12,
  });
  fc.assert(
    fc.property(text, (name) => {
      try {
        parseModelName(name);
      } catch {
        return;
      }
      assert.match(name, oci);
    }),
  );
});
