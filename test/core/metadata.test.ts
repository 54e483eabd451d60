import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { maxMetadataBytes, parseKeptMetadata, parseMetadata } from '../../src/core/metadata/metadata.ts';
import { parseMetricValue, parseParamValue } from '../../src/core/metadata/metadata-words.ts';
import { failsWith, fixture } from '../support/temp-folder.ts';

const parse = (text: string) => parseMetadata(text, 'metadata.json');
const nested = (levels: number): string => `{"extra":${'['.repeat(levels - 1)}${']'.repeat(levels - 1)}}`;

const refused: [what: string, text: string][] = [
  ['__proto__', '{"__proto__":{"metrics":{}}}'],
  ['__proto__ inside a section', '{"metrics":{"__proto__":1}}'],
  ['33 levels', nested(33)],
  ['more than 1 MiB', JSON.stringify({ description: 'a'.repeat(maxMetadataBytes) })],
  ['NaN', '{"metrics":{"auc":NaN}}'],
  ['Infinity', '{"metrics":{"auc":1e999}}'],
  ['half a surrogate pair', '{"tags":{"a":"\\ud800"}}'],
  ['NUL', '{"description":"a\\u0000"}'],
  ['duplicate keys', '{"metrics":{"auc":0.9,"auc":0.1}}'],
  ['an unknown key at the top', '{"metric":{"auc":0.9}}'],
  ['a metric that is no number', '{"metrics":{"auc":"0.9"}}'],
  ['a metric that is null', '{"metrics":{"auc":null}}'],
  ['metrics as a list', '{"metrics":[1]}'],
  ['params as a list', '{"params":[1]}'],
  ['params as one number', '{"params":9007199254740993}'],
  ['a tag that is no string', '{"tags":{"a":1}}'],
  ['an empty key', '{"tags":{"":"x"}}'],
  ['a long key', JSON.stringify({ tags: { ['k'.repeat(257)]: 'x' } })],
  ['data without a name', '{"data":[{"uri":"s3://x"}]}'],
  ['data with an unknown key', '{"data":[{"name":"train","path":"x"}]}'],
  ['data with a hash that is none', '{"data":[{"name":"train","hash":"sha256:12"}]}'],
  ['two data sets of one name', '{"data":[{"name":"train"},{"name":"train"}]}'],
  ['a negative size', '{"data":[{"name":"train","size":-1}]}'],
  ['no object', '[]'],
  ['null', 'null'],
];

for (const [what, text] of refused) {
  test(`refused: ${what}`, () => {
    assert.throws(
      () => parse(text),
      failsWith('INVALID_INPUT', /^(?:invalid metadata\.json: |metadata\.json is not valid JSON)/),
    );
  });
}

test('an unknown key is named, and so are the known ones', () => {
  assert.throws(
    () => parse('{"owner":"x"}'),
    (error: Error & { hint: string }) => {
      assert.match(error.message, /unknown key "owner"/);
      assert.match(error.hint, /metrics, params, tags.*"extra"/);
      return true;
    },
  );
});

test('what is allowed is kept as it is', () => {
  const value = {
    metrics: { auc: 0.93, loss: -1e-9, zero: 0 },
    params: { lr: 0.1, layers: '64,32', shuffle: true, seed: null },
    tags: { team: 'vision', 'a.b/c': '' },
    description: 'two\nlines \u001b[31m',
    framework: 'scikit-learn',
    data: [{ name: 'train', hash: `sha256:${'0'.repeat(64)}`, uri: 's3://b/k', size: 10 }, { name: 'test' }],
    source: { repository: 'x', commit: 'y' },
    run: 'https://example.org/1',
    parents: ['base@1.0.0'],
    extra: [1, { deep: [null] }],
  };
  assert.deepEqual(parse(JSON.stringify(value)), value);
  assert.doesNotThrow(() => parse(nested(32)));
});

test('empty sections are dropped, so that equal metadata is equal', () => {
  assert.deepEqual(parse('{"metrics":{},"tags":{},"data":[],"parents":[],"description":"","params":{}}'), {});
});

for (const model of ['digits_mlp', 'breast_cancer_lr', 'cars_mixed_inputs']) {
  test(`the metadata of ${model} is accepted`, () => {
    const metadata = parse(readFileSync(fixture(`${model}/metadata.json`), 'utf8'));
    assert.ok(Object.keys(metadata.metrics ?? {}).length > 0);
  });
}

test('a metric is a finite decimal number', () => {
  for (const [text, number] of [
    ['0.93', 0.93],
    ['-1e-3', -0.001],
    ['.5', 0.5],
    ['5.', 5],
    ['+2', 2],
    ['1E5', 1e5],
  ] as const) {
    assert.equal(parseMetricValue(text, '--metric auc'), number, text);
  }
  for (const text of [
    '0,9',
    '',
    ' 1',
    '1 ',
    '0x10',
    'NaN',
    'Infinity',
    '1e999',
    '1_000',
    '90%',
    '٣',
    '1e',
    '.',
  ]) {
    assert.throws(
      () => parseMetricValue(text, '--metric auc'),
      failsWith('INVALID_INPUT', /^--metric auc/),
      text,
    );
  }
});

test('a parameter is a number or boolean only where nothing of its text is lost', () => {
  const table: [text: string, value: string | number | boolean][] = [
    ['0.1', 0.1],
    ['-3', -3],
    ['1e-4', 1e-4],
    ['true', true],
    ['false', false],
    ['True', 'True'],
    ['', ''],
    ['007', '007'],
    ['2.10', '2.10'],
    ['2.0', '2.0'],
    ['1.5e-3', 0.0015],
    ['+5', '+5'],
    ['12345678901234567890', '12345678901234567890'],
    ['1e999', '1e999'],
    ['64,32', '64,32'],
    ['NaN', 'NaN'],
  ];
  for (const [text, value] of table) assert.equal(parseParamValue(text), value, text);
});

/** Whole numbers that no double holds, as they may be written. */
const longIntegers = [
  '9007199254740993',
  '-9007199254740993',
  '12345678901234567890',
  '18446744073709551615',
  '340282366920938463463374607431768211455',
  '9007199254740993.0',
  '9.007199254740993e15',
  '90071992547409930e-1',
  '1e999',
];

test('an integer that no double holds keeps its digits in params, source and extra, by flag and by file alike', () => {
  for (const digits of longIntegers) {
    assert.deepEqual(
      parse(`{"params":{"seed":${digits}},"source":{"job":${digits}},"extra":{"a":[{"id":${digits}}]}}`),
      { params: { seed: digits }, source: { job: digits }, extra: { a: [{ id: digits }] } },
      digits,
    );
    assert.equal(parseParamValue(digits), digits);
  }
  assert.deepEqual(parse('{"extra":12345678901234567890}'), { extra: '12345678901234567890' });
});

test('what a double holds, or a fraction, is a number as ever', () => {
  const text =
    '{"extra":[9007199254740992,1e23,9007199254740991.0,0.1234567890123456789,18446744073709552000,-0]}';
  assert.deepEqual(parse(text), { extra: [2 ** 53, 1e23, 2 ** 53 - 1, 0.12345678901234568, 2 ** 64, -0] });
});

test('a metric that no double holds is refused with its place, by flag and by file alike', () => {
  for (const digits of longIntegers) {
    assert.throws(
      () => parse(`{"metrics":{"auc":0.9,"rows":${digits}}}`),
      failsWith('INVALID_INPUT', /^invalid metadata\.json: "metrics\.rows": .* does not fit a double/),
      digits,
    );
    assert.throws(() => parseMetricValue(digits, '--metric rows'), failsWith('INVALID_INPUT'), digits);
  }
  assert.throws(
    () => parse('{"data":[{"name":"train","size":9007199254740993}]}'),
    failsWith('INVALID_INPUT', /"data\.0\.size"/),
  );
  for (const digits of ['18446744073709551616', '1e22', '9007199254740992', '4503599627370495.5'])
    assert.equal(parse(`{"metrics":{"rows":${digits}}}`).metrics?.['rows'], Number(digits), digits);
  assert.equal(parseMetricValue('18446744073709551616', '--metric rows'), 2 ** 64);
});

test('objects and lists in params are kept as JSON text, the same for equal values', () => {
  const { params } = parse(
    '{"params":{"layers":[64, 32],"opt":{"seed": 9007199254740993, "lr":1e-1},"none":[]}}',
  );
  assert.deepEqual(params, { layers: '[64,32]', opt: '{"lr":0.1,"seed":9007199254740993}', none: '[]' });
  assert.deepEqual(
    parse('{"params":{"opt":{"lr":0.1,"seed":9007199254740993}}}').params?.['opt'],
    params?.['opt'],
  );
});

test('metadata that a registry has kept is read as it is, numbers that were once rounded included', () => {
  const kept = '{"params":{"seed":12345678901234567000},"extra":1e+23}';
  assert.deepEqual(parseKeptMetadata(kept, 'it'), JSON.parse(kept));
  assert.throws(() => parseKeptMetadata('{"params":{"layers":[64]}}', 'it'), failsWith('INVALID_INPUT'));
});
