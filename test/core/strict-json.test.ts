import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseStrictJson } from '../../src/core/json/strict-json.ts';
import { failsWith } from '../support/temp-folder.ts';

const limits = { what: 'test.json', maxBytes: 1024, maxDepth: 4 };
const parse = (text: string): unknown => parseStrictJson(text, limits);

const refused: [what: string, text: string, why: RegExp][] = [
  ['duplicate keys', '{"a":1,"a":2}', /duplicate key "a"/],
  ['duplicate keys in different spellings', '{"a":1,"\\u0061":2}', /duplicate key "a"/],
  ['duplicate keys deep inside', '[{"x":{"k":1,"k":1}}]', /duplicate key "k"/],
  ['__proto__', '{"__proto__":{"admin":true}}', /"__proto__" is not allowed/],
  ['an escaped __proto__', '{"__pr\\u006fto__":1}', /"__proto__" is not allowed/],
  ['constructor', '{"a":{"constructor":1}}', /"constructor" is not allowed/],
  ['prototype', '{"prototype":1}', /"prototype" is not allowed/],
  ['a number beyond a double', '{"a":1e999}', /does not fit a double/],
  ['a negative number beyond a double', '[-1e999]', /does not fit a double/],
  ['NaN', '{"a":NaN}', /not valid JSON/],
  ['Infinity', '{"a":Infinity}', /not valid JSON/],
  ['half a surrogate pair', '["\\ud800"]', /surrogate/],
  ['half a surrogate pair in a key', '{"\\udc00":1}', /surrogate/],
  ['NUL', '["a\\u0000b"]', /NUL/],
  ['NUL in a key', '{"\\u0000":1}', /NUL/],
  ['one level too many', '[[[[[]]]]]', /more than 4 levels/],
  ['one level too many, of both kinds', '{"a":[{"b":[{}]}]}', /more than 4 levels/],
  ['a comment', '{} // no', /not valid JSON/],
  ['a trailing comma', '[1,]', /not valid JSON/],
  ['two values', '{} {}', /not valid JSON/],
  ['nothing', '', /not valid JSON/],
  ['a byte order mark', '\ufeff{}', /not valid JSON/],
  ['text over the limit', JSON.stringify('a'.repeat(1023)), /1025 bytes/],
  ['text over the limit in bytes, not in characters', JSON.stringify('é'.repeat(512)), /1026 bytes/],
];

for (const [what, text, why] of refused) {
  test(`refused: ${what}`, () => assert.throws(() => parse(text), failsWith('INVALID_INPUT', why)));
}

test('the limits themselves are allowed', () => {
  assert.deepEqual(parse('[[[[]]]]'), [[[[]]]]);
  assert.equal(parse(JSON.stringify('a'.repeat(1022))), 'a'.repeat(1022));
  assert.deepEqual(parse('[{"a":1},{"a":2}]'), [{ a: 1 }, { a: 2 }]);
});

test('a million brackets are refused, not a crash', () => {
  const text = '['.repeat(500_000) + ']'.repeat(500_000);
  const deep = { what: 'deep.json', maxBytes: 2_000_000, maxDepth: 32 };
  assert.throws(() => parseStrictJson(text, deep), failsWith('INVALID_INPUT', /more than 32 levels/));
});

test('the message names the file and shows nothing raw', () => {
  assert.throws(
    () => parse('{"\\u001b[2J":1,"\\u001b[2J":2}'),
    failsWith('INVALID_INPUT', /^invalid test\.json: .*\\u\{1b\}/),
  );
  assert.throws(
    () => parse('\u001b]0;x'),
    (error: Error) => !error.message.includes('\u001b'),
  );
});

test('JSON that harms nothing reads as JSON.parse reads it', () => {
  const key = fc
    .string({ unit: 'grapheme' })
    .filter((text) => !['__proto__', 'constructor', 'prototype'].includes(text));
  const clean = (text: string): boolean => !text.includes('\0') && text.isWellFormed();
  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof(
      { maxDepth: 3 },
      fc.constantFrom(null, true, false),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.string({ unit: 'binary' }).filter(clean),
      fc.array(tie('tree'), { maxLength: 4 }),
      fc.dictionary(key.filter(clean), tie('tree'), { maxKeys: 4 }),
    ),
  }));
  const roomy = { what: 'x', maxBytes: 1e6, maxDepth: 32 };
  fc.assert(
    fc.property(tree, fc.constantFrom(undefined, 2), (value, indent) => {
      const text = JSON.stringify(value, null, indent);
      assert.deepEqual(parseStrictJson(text, roomy), JSON.parse(text));
    }),
  );
});

test('a Git LFS pointer in place of JSON is named', () => {
  const text = 'version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n';
  assert.throws(
    () => parseStrictJson(text, { what: 'm.json', maxBytes: 1000, maxDepth: 2 }),
    (error: Error & { hint: string }) => /Git LFS pointer: run git lfs pull/.test(error.hint),
  );
});
