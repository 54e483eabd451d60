import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseByteSize, formatDuration, parseDuration } from '../../src/core/text/units.ts';
import { failsWith } from '../support/temp-folder.ts';

const spellings: [text: string, milliseconds: number][] = [
  ['10s', 10_000],
  ['250ms', 250],
  ['1.5h', 5_400_000],
  ['1.1m', 66_000],
  ['24h', 86_400_000],
  ['7d', 604_800_000],
  ['20us', 0.02],
  ['20µs', 0.02],
  ['20\u03bcs', 0.02],
  ['5ns', 5e-6],
  ['0', 0],
  ['0s', 0],
  ['36500d', 36_500 * 86_400_000],
];

for (const [text, milliseconds] of spellings) {
  test(`${text} is ${milliseconds} ms`, () => assert.equal(parseDuration(text), milliseconds));
}

for (const text of [
  '',
  '10',
  '-1s',
  '1h30m',
  '1 s',
  ' 1s',
  '1s\n',
  '1e3s',
  '.5s',
  '1.s',
  's',
  'NaNs',
  '36501d',
  '9'.repeat(20) + 's',
  '1S',
  '١s',
]) {
  test(`${JSON.stringify(text)} is no duration`, () => {
    assert.throws(() => parseDuration(text), failsWith('INVALID_INPUT'));
  });
}

test('what is wrong with a duration is said', () => {
  const reasons: [text: string, why: RegExp][] = [
    ['10', /: it has no unit$/],
    ['5min', /: unknown unit "min"$/],
    ['10S', /: unknown unit "S"; did you mean s\?$/],
    ['-5s', /: it must not have a sign$/],
    [' 1s', /: it has leading or trailing spaces$/],
    ['0.1234567891s', /: 0\.1234567891 has too many decimals$/],
    ['1h30m', /: expected a number and a unit$/],
    ['36501d', /the limit is 36500 days$/],
  ];
  for (const [text, why] of reasons)
    assert.throws(() => parseDuration(text), failsWith('INVALID_INPUT', why));
});

test('a size says what is wrong with it, too', () => {
  for (const [text, why] of [
    ['512mb', /^invalid size "512mb": unknown unit "mb"; did you mean MB\?$/],
    ['2GBit', /^invalid size "2GBit": unknown unit "GBit"$/],
  ] as const)
    assert.throws(() => parseByteSize(text), failsWith('INVALID_INPUT', why));
});

test('durations are shown in the largest unit that fits', () => {
  const shown: [milliseconds: number, text: string][] = [
    [0, '0s'],
    [1500, '1.5s'],
    [20, '20ms'],
    [0.007, '7us'],
    [5e-6, '5ns'],
    [90_000, '1.5m'],
    [86_400_000, '1d'],
    [123_456, '2.06m'],
    [0.0000001, '0.1ns'],
    [20.0004, '20.0004ms'],
    [86_400_500, '1.00001d'],
    [86_400_000 * 100.4, '100.4d'],
  ];
  for (const [milliseconds, text] of shown) assert.equal(formatDuration(milliseconds), text);
});
