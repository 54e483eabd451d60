import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { code, markdownTable } from '../../src/render/markdown.ts';

test("others' text is a code span that holds exactly that text", () => {
  const spans: [text: string, span: string][] = [
    ['plain', '`plain`'],
    ['a `b` c', '``a `b` c``'],
    ['`', '`` ` ``'],
    ['``` `', '```` ``` ` ````'],
    ['  two  ', '`   two   `'],
    ['', '`""`'],
    ['  ', '`"  "`'],
    ['a|b', '`a\\|b`'],
    ['|', '`\\|`'],
    ['@ada #1 <b> [x](y) *z*', '`@ada #1 <b> [x](y) *z*`'],
    ['a\nb\r\u001b[2J\u202e', '`a\\u{0a}b\\u{0d}\\u{1b}[2J\\u{202e}`'],
  ];
  for (const [text, span] of spans) assert.equal(code(text), span);
});

test('no text ends its span, its cell or its line', () => {
  const nasty = fc.string({ unit: fc.constantFrom('`', '|', '\\', ' ', '\n', 'x', '@', '<', '\u2028') });
  fc.assert(
    fc.property(fc.oneof(nasty, fc.string({ unit: 'binary' })), (text) => {
      const span = code(text);
      const [, fence = '', inside = ''] = /^(`+)([^]*)\1$/.exec(span) ?? [];
      assert.notEqual(fence, '', span);
      const runs = inside.match(/`+/g) ?? [];
      assert.ok(runs.every((run) => run.length !== fence.length) && !/^`|`$/.test(inside), span);
      assert.doesNotMatch(inside, /[\n\r\u2028]/);
      assert.doesNotMatch(inside, /(?<!\\)\||\\\\\|/, 'every pipe has exactly one backslash before it');
    }),
  );
});

test('a table has a rule under its head, with numbers to the right', () => {
  assert.equal(markdownTable(['a', 'b'], [['1', '2']], [1]), '| a | b |\n| --- | ---: |\n| 1 | 2 |');
});
