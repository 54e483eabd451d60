import assert from 'node:assert/strict';
import fc from 'fast-check';
import { test } from 'node:test';
import { isModelPattern, parseModelPattern } from '../../src/core/versions/model-pattern.ts';
import { failsWith } from '../support/temp-folder.ts';

const names = [
  'digits',
  'digits-conv',
  'team/churn',
  'team/vision/digits',
  'team/vision/old/digits',
  'teams/x',
];
const matching = (pattern: string): string[] => names.filter(parseModelPattern(pattern).matches);

test('* stays within a part of the name, ** does not', () => {
  const cases: [pattern: string, matched: string[]][] = [
    ['*', ['digits', 'digits-conv']],
    ['**', names],
    ['digits*', ['digits', 'digits-conv']],
    ['team/*', ['team/churn']],
    ['team/**', ['team/churn', 'team/vision/digits', 'team/vision/old/digits']],
    ['**/digits', ['digits', 'team/vision/digits', 'team/vision/old/digits']],
    ['team/**/digits', ['team/vision/digits', 'team/vision/old/digits']],
    ['team/**/vision/*', ['team/vision/digits']],
    ['*/*', ['team/churn', 'teams/x']],
    ['team*/?', ['teams/x']],
    ['digit?', ['digits']],
    ['?', []],
    ['none*', []],
  ];
  for (const [pattern, matched] of cases) assert.deepEqual(matching(pattern), matched, pattern);
});

test('a pattern matches as the regular expression does that it stands for', () => {
  const part = fc
    .array(fc.constantFrom('a', 'b', '*', '?'), { minLength: 1, maxLength: 4 })
    .map((all) => all.join(''));
  const pattern = fc
    .array(fc.oneof(part, fc.constant('**')), { minLength: 1, maxLength: 4 })
    .map((parts) => parts.join('/'))
    .filter((text) => isModelPattern(text) && !/\*\*[^/]|[^/]\*\*/.test(text));
  const name = fc
    .array(fc.stringMatching(/^[ab]{1,4}$/), { minLength: 1, maxLength: 4 })
    .map((parts) => parts.join('/'));
  fc.assert(
    fc.property(pattern, name, (text, given) => {
      const source = text.replaceAll(/\*\*\/|\*\*|\*|\?/g, (token) => {
        if (token === '**/') return '(?:.*/)?';
        return token === '**' ? '.*' : token === '*' ? '[^/]*' : '[^/]';
      });
      const { prefix, matches } = parseModelPattern(text);
      const expected = new RegExp(`^${source}$`).test(given);
      assert.equal(matches(given), expected);
      if (expected) assert.ok(given.startsWith(prefix));
    }),
    { numRuns: 2000 },
  );
});

test('what no name can match is refused', () => {
  const cases: [pattern: string, message: RegExp][] = [
    ['Team/*', /lower case/],
    ['team/[ab]*', /"\[" is in no model name/],
    ['team//*', /empty part/],
    ['/*', /empty part/],
    ['team/*/', /empty part/],
    ['team**', /\*\* must be a whole part/],
    ['***', /\*\* must be a whole part/],
    ['*\u001b', /u\{1b\}/],
    ['a*'.repeat(200), /the limit is 256/],
  ];
  for (const [pattern, message] of cases)
    assert.throws(() => parseModelPattern(pattern), failsWith('INVALID_INPUT', message), pattern);
});

test('a hostile pattern takes no more steps than its length times that of the name', () => {
  const { matches } = parseModelPattern(`${'*a'.repeat(100)}b`);
  assert.equal(matches('a'.repeat(128)), false);
});
