import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { meets, parseWhere } from '../../src/core/metadata/where.ts';
import { failsWith } from '../support/temp-folder.ts';

const metadata = {
  metrics: { auc: 0.93, rmse: 4, 'val/loss': 0.2 },
  params: { solver: 'lbfgs', depth: 3, bias: true, note: 'a b' },
  tags: { team: 'vision', '2': 'two' },
};
const holds = (text: string): boolean => meets(metadata, parseWhere(text));

test('a metric is compared with a number', () => {
  for (const text of [
    'auc>=0.93',
    'auc > .9',
    'auc<1',
    'auc<=0.93',
    'auc=0.93',
    'auc==9.3e-1',
    'auc!=1',
    'rmse<+5',
  ])
    assert.equal(holds(text), true, text);
  for (const text of ['auc>0.93', 'auc<0.93', 'auc!=0.93', 'rmse=4.5'])
    assert.equal(holds(text), false, text);
});

test('metrics, params and tags are named by their section, and all conditions must hold', () => {
  for (const text of [
    'metrics.auc>=0.9 and params.solver=lbfgs and tags.team=vision',
    'metric.val/loss<0.3 AND param.depth>=3',
    'params.bias=true',
    "params.note='a b'",
    'params.note="a b" and params.solver!=saga',
    'tags.2=two',
    '"val/loss"=0.2',
  ])
    assert.equal(holds(text), true, text);
  assert.equal(holds('auc>0.9 and rmse<1'), false);
  assert.equal(holds('tags.team=audio'), false);
});

test('a word is read as --param reads it', () => {
  const params = { ver: '1.10', short: 1.1, id: '00123', seed: '12345678901234567890', n: 2 ** 53, t: true };
  const holds = (text: string): boolean =>
    meets({ metrics: { rows: 2 ** 53, all: 2 ** 64 }, params }, parseWhere(text));
  for (const text of [
    'params.ver=1.10',
    'params.short!=1.10',
    'params.short=1.1',
    'params.id=00123',
    'params.seed=12345678901234567890',
    'params.seed!=12345678901234567891',
    'params.seed>12345678901234567889',
    'params.seed<12345678901234567891',
    'params.seed>=9007199254740993',
    'params.n<9007199254740993',
    'params.n=9007199254740992',
    'params.t=true',
    'rows<9007199254740993',
    'rows!=9007199254740993',
    'all=18446744073709551616',
    'all=18446744073709552000',
    'all<18446744073709551617',
  ])
    assert.equal(holds(text), true, text);
  for (const text of [
    'params.ver!=1.10',
    'params.ver=1.1',
    'params.short=1.10',
    'params.id=123',
    'params.seed=12345678901234567891',
    'params.seed=12345678901234567000',
    'params.seed>12345678901234567890',
    'params.n>=9007199254740993',
    'params.ver>1',
    'rows>=9007199254740993',
  ])
    assert.equal(holds(text), false, text);
});

test('what a version lacks meets no condition, not even that it differs', () => {
  for (const text of ['f1>=0', 'f1!=1', 'params.x!=y', 'tags.x!=y', 'toString=1', 'tags.constructor!=x'])
    assert.equal(holds(text), false, text);
});

test('what cannot be read is refused, with the place and what was expected', () => {
  const refused: [string, RegExp][] = [
    ['', /expected a metric at the end$/],
    ['auc', /expected an operator \(>= .*\) at the end$/],
    ['auc>=', /expected a value at the end$/],
    ['auc>=0.9 or rmse<4', /expected "and" or the end at character 10, found "or"$/],
    ['auc>=0.9 and', /expected a condition at the end$/],
    ['>=0.9', /expected a metric at character 1, found ">="$/],
    ['auc>=high', /expected a number at character 6, found "high"$/],
    ['params.solver>lbfgs', /> needs a number, not "lbfgs"/],
    ["tags.team='vision", /expected a condition at character 11, found "'"$/],
    ['auc>=0.9 rmse<4', /expected "and" or the end/],
  ];
  for (const [text, message] of refused)
    assert.throws(() => parseWhere(text), failsWith('INVALID_INPUT', message), text);
});

test('whatever is typed is either read or refused as invalid', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      try {
        assert.ok(parseWhere(text).length > 0);
      } catch (error) {
        failsWith('INVALID_INPUT')(error);
      }
    }),
  );
});
