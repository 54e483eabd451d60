import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MlregError } from '../../src/core/errors.ts';
import { metadataKeys } from '../../src/core/metadata/metadata.ts';
import { parseMetricsFile } from '../../src/core/metadata/metrics-file.ts';
import { failsWith } from '../support/temp-folder.ts';

const parse = (text: string) => parseMetricsFile(text, 'metrics.json', 1024 * 1024, metadataKeys);

test('numbers become metrics, and the keys of nested objects are joined by dots', () => {
  assert.deepEqual(parse('{"accuracy":0.97,"loss":1e-3,"n":-0}'), { accuracy: 0.97, loss: 0.001, n: -0 });
  assert.deepEqual(parse('{"0":{"precision":1,"support":10},"macro avg":{"f1":{"score":0.5}},"none":{}}'), {
    '0.precision': 1,
    '0.support': 10,
    'macro avg.f1.score': 0.5,
  });
});

test('a file without a number, or with names that cannot be told, is refused', () => {
  const cases: [json: string, message: RegExp][] = [
    ['{}', /invalid metrics\.json: it has no number/],
    ['{"a":{}}', /it has no number/],
    ['{"":1}', /"": a key is empty/],
    ['{"a":{"":1}}', /"a\.": a key is empty/],
    ['{"":{"a":1}}', /"\.a": a key is empty/],
    [String.raw`{"a\u001b[2J":1}`, /"a\\u\{1b\}\[2J": a key has control characters/],
    [String.raw`{"a":{"b\nc":1}}`, /a key has control characters/],
    [`{"${'a'.repeat(200)}":{"${'b'.repeat(56)}":1}}`, /more than 256 characters/],
  ];
  for (const [json, message] of cases)
    assert.throws(() => parse(json), failsWith('INVALID_INPUT', message), json);
  assert.deepEqual(Object.keys(parse(`{"${'a'.repeat(200)}":{"${'b'.repeat(55)}":1}}`)).length, 1);
});

test('a metadata file in place of a file of numbers is told', () => {
  for (const json of ['{"metrics":{"acc":0.9}}', '{"metrics":{"acc":0.9},"description":"x"}'])
    assert.throws(
      () => parse(json),
      (error: MlregError) =>
        /those of a metadata file/.test(error.message) && /--metadata\?/.test(error.hint),
    );
  assert.deepEqual(parse('{"metrics":{"acc":0.9},"loss":1}'), { 'metrics.acc': 0.9, loss: 1 });
});

test('what is no finite number is refused by its name', () => {
  const cases: [json: string, message: RegExp][] = [
    ['{"a":{"note":"x"}}', /invalid metrics\.json: "a\.note": expected a finite number, not a string/],
    ['{"a":true}', /"a": .*not a boolean/],
    ['{"a":{"b":null}}', /"a\.b": .*not null/],
    ['{"a":[1,2]}', /"a": .*not an array/],
    ['{"a":{"b":NaN}}', /"a\.b": NaN is not a finite number/],
    ['{"a": {"b": 1}, "c":-Infinity}', /"c": -Infinity is not a finite number/],
    ['{"a":1e999}', /"a": .*does not fit a double/],
    ['{"a":9007199254740993}', /"a": 9007199254740993 does not fit a double/],
  ];
  for (const [json, message] of cases)
    assert.throws(() => parse(json), failsWith('INVALID_INPUT', message), json);
});

test('a metric given twice is refused, as are other texts', () => {
  const cases: [json: string, message: RegExp][] = [
    ['{"a":{"b":1},"a.b":2}', /duplicate metric "a\.b"/],
    ['{"a":1,"a":1}', /duplicate key "a"/],
    ['[0.97]', /must be a JSON object of numbers/],
    ['0.97', /must be a JSON object of numbers/],
    ['{"__proto__":{"a":1}}', /"__proto__" is not allowed/],
    ['{"a":1', /not valid JSON/],
    ['', /not valid JSON/],
    ['{"a":'.repeat(40) + '1' + '}'.repeat(40), /more than 32 levels/],
    ['{"a":['.repeat(100_000), /more than 32 levels/],
  ];
  for (const [json, message] of cases)
    assert.throws(() => parse(json), failsWith('INVALID_INPUT', message), json.slice(0, 40));
});
