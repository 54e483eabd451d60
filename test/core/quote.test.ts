import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import fc from 'fast-check';
import { escapeLines, escapeText, quote, shellWord } from '../../src/core/text/quote.ts';

const harmful: [what: string, text: string, shown: string][] = [
  ['escape', '\u001b[31m', '\\u{1b}[31m'],
  ['a link', '\u001b]8;;http://x\u0007', '\\u{1b}]8;;http://x\\u{07}'],
  ['carriage return', 'a\rb', 'a\\u{0d}b'],
  ['newline', 'a\nb', 'a\\u{0a}b'],
  ['NUL', '\0', '\\u{00}'],
  ['delete', '\u007f', '\\u{7f}'],
  ['C1 control', '\u009b2J', '\\u{9b}2J'],
  ['right-to-left override', '\u202egpj', '\\u{202e}gpj'],
  ['isolate', '\u2066x\u2069', '\\u{2066}x\\u{2069}'],
  ['Arabic letter mark', '\u061c', '\\u{61c}'],
  ['zero-width space', 'a\u200bb', 'a\\u{200b}b'],
  ['line separator', '\u2028', '\\u{2028}'],
  ['byte order mark', '\ufeff', '\\u{feff}'],
  ['half a surrogate pair', '\ud83d', '\\u{d83d}'],
  ['the other half', '\ude00', '\\u{de00}'],
];

for (const [what, text, shown] of harmful) {
  test(`${what} is shown escaped`, () => assert.equal(escapeText(text), shown));
}

test('text that harms nothing is shown as it is', () => {
  for (const text of ['digits', 'Müller', '模型', '😀', 'a "quoted" \\ text'])
    assert.equal(escapeText(text), text);
});

test('several lines stay several lines', () => {
  assert.equal(escapeLines('a\n\tb\r\u001b'), 'a\n\tb\\u{0d}\\u{1b}');
});

test('a quoted value is one line, well-formed and short, whatever it is', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
      const shown = quote(text);
      // oxlint-disable-next-line no-control-regex -- control characters are what it looks for
      assert.doesNotMatch(shown, /[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/);
      assert.ok(shown.isWellFormed());
      assert.ok(shown.length < 80 * 9 + 40);
    }),
  );
  assert.equal(quote('x'.repeat(81)), `"${'x'.repeat(80)}… (81 characters)"`);
});

test('a path in a command to paste is one word of a real shell', () => {
  for (const text of [
    '/srv/models/registry',
    "/srv/it's here",
    'a b',
    '$(touch x)',
    '`id`',
    '~',
    'a;b',
    '*',
  ]) {
    const { stdout } = spawnSync('sh', ['-c', `printf %s ${shellWord(text)}`], { encoding: 'utf8' });
    assert.equal(stdout, text);
  }
  assert.equal(shellWord('/srv/models/registry'), '/srv/models/registry');
  assert.equal(shellWord('a\nb'), String.raw`'a\u{0a}b'`);
});
