import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import { Chalk } from 'chalk';
import { numberChange } from '../../src/core/metadata/metric-change.ts';
import {
  bytes,
  columnNumber,
  facts,
  latency,
  number,
  pairs,
  perSecond,
  relativeTime,
} from '../../src/render/format.ts';
import { changeText } from '../../src/render/inspect/change.ts';
import { jsonText } from '../../src/render/json-text.ts';
import { beside, columnsThatFit, table, visibleWidth } from '../../src/render/table.ts';

const plain = (text: string): string => text;

test('sizes have three digits in units of 1000', () => {
  const sizes: [number, string][] = [
    [0, '0 B'],
    [999, '999 B'],
    [1000, '1.00 kB'],
    [10_044, '10.0 kB'],
    [999_499, '999 kB'],
    [999_999, '1.00 MB'],
    [1_000_000, '1.00 MB'],
    [999_999_999, '1.00 GB'],
    [5e15, '5.00 PB'],
  ];
  for (const [size, text] of sizes) assert.equal(bytes(size), text);
});

test('numbers are rounded behind the point, never before it, and never to a whole one', () => {
  const numbers: [number, string][] = [
    [0.975925925925926, '0.9759'],
    [61.3579, '61.36'],
    [12345.678, '12345.7'],
    [1234.56, '1234.6'],
    [0.99996, '0.99996'],
    [0.999999, '0.999999'],
    [1.00000001, '1.00000001'],
    [-2.9999999999999996, '-2.9999999999999996'],
    [1, '1'],
    [9_007_199_254_740_992, '9007199254740992'],
    [123456, '123456'],
    [-123456.7, '-123456.7'],
    [0.000012345, '0.00001234'],
    [0, '0'],
    [-1.234567e300, '-1.235e+300'],
  ];
  for (const [value, text] of numbers) assert.equal(number(value), text);
});

test('a column shows numbers that differ as different, except for what arithmetic adds', () => {
  const shown = (values: number[], exact = false): string[] => values.map(columnNumber(values, exact));
  assert.deepEqual(shown([0.9759, 0.97]), ['0.9759', '0.97']);
  assert.deepEqual(shown([0.99996, 0.999999, 1]), ['0.99996', '0.999999', '1']);
  assert.deepEqual(shown([0.97591, 0.97594, 0.9]), ['0.97591', '0.97594', '0.9']);
  assert.deepEqual(shown([0.123456789, 0.123456788]), ['0.123456789', '0.123456788']);
  assert.deepEqual(shown([0.1 + 0.2, 0.3]), ['0.3', '0.3']);
  assert.deepEqual(shown([0.1 + 0.2, 0.3], true), ['0.30000000000000004', '0.3']);
});

test('latencies, rates and changes are not shown as whole either, if they are not', () => {
  assert.deepEqual([26.98e-3, 27e-3, 1.1, 302.4e-3, 19.9996, 1000.4].map(latency), [
    '26.98 µs',
    '27 µs',
    '1.1 ms',
    '302.4 µs',
    '19.9996 ms',
    '1.0004 s',
  ]);
  assert.deepEqual([0.41, 99.96, 302.4, 30_731.6].map(perSecond), ['0.41', '99.96', '302.4', '30,732']);
  const change = numberChange(2, 1.0001, null);
  assert.equal(changeText(change), '-0.9999 (-49.99%)');
  assert.equal(changeText(numberChange(3.1, 5.1, null)), '+2 (+64.5%)');
  assert.equal(changeText(numberChange(1, 1.99996, null)), '+0.99996 (+99.996%)');
});

test('pairs show the first few and count the rest; params are shown exactly', () => {
  assert.equal(pairs({ a: 1, b: 'x', c: true, d: null, e: 5 }, 4), 'a=1 b=x c=true d=null +1');
  assert.equal(pairs({ lr: 0.00012345678 }, 4, String), 'lr=0.00012345678');
  assert.doesNotMatch(pairs({ 'a\u001b[2J': '\r\u202e' }), /[\u001b\r\u202e]/);
});

test('times are relative to now', () => {
  const now = Date.parse('2026-03-10T12:00:00Z');
  const ago: [number, string][] = [
    [0, 'just now'],
    [59_000, 'just now'],
    [60_000, '1 minute ago'],
    [7_300_000, '2 hours ago'],
    [86_400_000 * 45, '1 month ago'],
    [-3_600_000, 'in 1 hour'],
  ];
  for (const [ms, text] of ago) assert.equal(relativeTime(now - ms, now), text);
});

test('facts are aligned, empty ones left out, long ones wrapped between words under their own column', () => {
  const digest = `sha256:${'a'.repeat(64)}`;
  const text = facts(
    [
      ['size', '10 kB'],
      ['none', undefined],
      ['metrics', 'accuracy=0.97 f1=0.96 recall=0.95'],
      ['digest', digest],
      ['inputs', 'a\nb'],
    ],
    plain,
    30,
  );
  assert.equal(
    text,
    [
      '  size     10 kB',
      '  metrics  accuracy=0.97',
      '           f1=0.96 recall=0.95',
      `  digest   ${digest}`,
      '  inputs   a',
      '           b',
    ].join('\n'),
  );
});

test('a table as wide as the terminal cuts its flexible column, and no other', () => {
  const color = new Chalk({ level: 1 });
  const rows = [
    [color.bold('1.0.0'), 'accuracy=0.9759 f1=0.9759', 'sha256:e1c147def051'],
    [color.bold('1.0.1'), '', 'sha256:6662b218717a'],
  ];
  const head = ['version', 'metrics', 'digest'];
  const width = (columns: number): string[] =>
    stripVTControlCharacters(table({ color, width: columns, now: 0 }, head, rows, [], 1)).split('\n');
  assert.deepEqual(width(80), [
    'VERSION  METRICS                    DIGEST',
    '1.0.0    accuracy=0.9759 f1=0.9759  sha256:e1c147def051',
    '1.0.1                               sha256:6662b218717a',
  ]);
  assert.deepEqual(width(45), [
    'VERSION  METRICS          DIGEST',
    '1.0.0    accuracy=0.975…  sha256:e1c147def051',
    '1.0.1                     sha256:6662b218717a',
  ]);
  assert.ok(width(10).every((line) => !line.includes('…') || line.includes('accurac…')));
});

test('several columns give way, the widest first', () => {
  const style = { color: new Chalk({ level: 0 }), width: 30, now: 0 };
  const text = table(style, ['a', 'b', 'c'], [['short', 'x'.repeat(20), 'y'.repeat(40)]], [], [0, 1, 2]);
  assert.deepEqual(text.split('\n'), ['A      B           C', `short  ${'x'.repeat(9)}…  ${'y'.repeat(9)}…`]);
});

test('a heading that is a name stays as it is written', () => {
  const style = { color: new Chalk({ level: 0 }), width: 80, now: 0 };
  assert.equal(table(style, ['word', { name: 'f1_macro' }], [['x', 'y']]), 'WORD  f1_macro\nx     y');
});

test('columns go in the order that is given, until the rest fits', () => {
  const rows = [['aaaa', 'bbbb', 'cccc', 'dddd']];
  const kept = (room: number): number[] => columnsThatFit(rows, room, [0, 1, 2, 3], [2, 1]);
  assert.deepEqual(kept(22), [0, 1, 2, 3]);
  assert.deepEqual(kept(21), [0, 1, 3]);
  assert.deepEqual(kept(15), [0, 3]);
  assert.deepEqual(kept(1), [0, 3], 'what is not given stays');
});

test('text is as wide as a terminal draws it', () => {
  const widths: [text: string, width: number][] = [
    ['abc', 3],
    ['\u001b[31mabc\u001b[39m', 3],
    ['精度', 4],
    ['é', 1],
    ['e\u0301', 1],
    ['😀', 2],
    ['한글', 4],
    ['– ✓ █ ≤ µ', 9],
    ['', 0],
  ];
  for (const [text, width] of widths) assert.equal(visibleWidth(text), width, text);
});

test('blocks stand side by side where they fit', () => {
  const left = 'a\n精度b\nc';
  const right = 'x\ny';
  assert.deepEqual(beside([left, '', right], 20), ['a        x\n精度b    y\nc']);
  assert.deepEqual(beside([left, right], 9), [left, right]);
  assert.deepEqual(beside(['', left], 3), [left]);
  assert.deepEqual(beside([left, ''], 9), [left]);
});

test('JSON text spells out what is unsafe to show and parses to the same value', () => {
  const value = {
    'k\u202e': 'a\u0085b\u007f\u2028 ##[x ###[y',
    letters: 'é😀漢字',
    nested: [1, null, '\ud83d'],
  };
  for (const indent of [undefined, 2]) {
    const text = jsonText(value, indent);
    assert.deepEqual(JSON.parse(text), value);
    assert.doesNotMatch(text, /[\u007f-\u009f\u2028\u202e]|##\[/);
    assert.match(text, /é😀漢字/);
  }
});
