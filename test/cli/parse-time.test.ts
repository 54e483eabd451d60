import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseTime } from '../../src/cli/options/parse-time.ts';
import { failsWith } from '../support/temp-folder.ts';

const now = Date.parse('2026-03-10T12:00:00Z');

test('ISO 8601 times are read, in UTC unless they name a zone', () => {
  const times: [string, string][] = [
    ['2026-03-01T12:00:30.250Z', '2026-03-01T12:00:30.250Z'],
    ['2026-03-01T12:00Z', '2026-03-01T12:00:00.000Z'],
    ['2026-03-01T12:00', '2026-03-01T12:00:00.000Z'],
    ['2026-03-01 12:00', '2026-03-01T12:00:00.000Z'],
    ['2026-03-01', '2026-03-01T00:00:00.000Z'],
    ['2026-03-01T12:00+05:30', '2026-03-01T06:30:00.000Z'],
    ['2026-03-01T12:00+0530', '2026-03-01T06:30:00.000Z'],
    ['2024-02-29', '2024-02-29T00:00:00.000Z'],
  ];
  for (const [text, expected] of times)
    assert.equal(new Date(parseTime(text, now)).toISOString(), expected, text);
});

test('a duration means so long ago, and now is now', () => {
  assert.equal(parseTime('now', now), now);
  assert.equal(new Date(parseTime('2d', now)).toISOString(), '2026-03-08T12:00:00.000Z');
  assert.equal(new Date(parseTime('1.5h', now)).toISOString(), '2026-03-10T10:30:00.000Z');
});

test('what is no time is refused, whatever it looks like', () => {
  const texts = [
    '',
    'yesterday',
    '2026',
    '2026-13-01',
    '2026-00-10',
    '2026-02-30',
    '2026-02-29',
    '2026-03-00',
  ];
  texts.push(
    '2026-03-01T25:00Z',
    '2026-03-01T12:60Z',
    '2026-03-01T12:00+25:00',
    '0',
    '-2d',
    '2 d',
    '1740000000',
  );
  for (const text of texts) assert.throws(() => parseTime(text, now), failsWith('INVALID_INPUT'), text);
});
