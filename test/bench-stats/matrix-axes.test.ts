import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  chooseSetting,
  isAxis,
  parseAxes,
  refuseUnknownAxes,
  settingsOf,
  shuffledOrder,
} from '../../src/bench/plan/matrix-axes.ts';
import { failsWith } from '../support/temp-folder.ts';

test('a grid is every combination, the last axis running fastest', () => {
  const axes = parseAxes(['threads=1,2', 'batch=8,1']);
  assert.deepEqual(axes, [
    { name: 'threads', values: [1, 2] },
    { name: 'batch', values: [8, 1] },
  ]);
  assert.deepEqual(
    settingsOf(axes).map((setting) => setting.map(([, value]) => value)),
    [
      [1, 8],
      [1, 1],
      [2, 8],
      [2, 1],
    ],
  );
});

test('axes that cannot be meant are refused, each with its reason', () => {
  const refused: [words: string[], message: RegExp][] = [
    [[], /no axes/],
    [['threads'], /invalid --matrix "threads"/],
    [['=1'], /expected AXIS=VALUE/],
    [['threads='], /value "" of axis "threads": expected an integer/],
    [['batch=1,,2'], /value ""/],
    [['batch=1,'], /value ""/],
    [['batch=0'], /value 0 of axis/],
    [['batch=-1'], /value "-1"/],
    [['batch=1.5'], /value "1\.5"/],
    [['batch= 1'], /value " 1"/],
    [['batch=1e3'], /value "1e3"/],
    [['batch=2147483648'], /2,147,483,647/],
    [['threads=1025'], /from 1 to 1,024/],
    [['batch=1,2,1'], /duplicate value 1/],
    [['batch=1,01'], /duplicate value 1/],
    [['batch=1', 'batch=2'], /duplicate axis "batch"/],
    [[`batch=${numbers(101)}`], /101 settings; the limit is 100/],
    [[`batch=${numbers(50)}`, `threads=${numbers(50)}`], /2,500 settings/],
  ];
  for (const [words, message] of refused)
    assert.throws(() => parseAxes(words), failsWith('USAGE', message), words.join(' '));
  assert.equal(settingsOf(parseAxes([`batch=${numbers(50)}`, 'threads=1,2'])).length, 100);
});

function numbers(count: number): string {
  return Array.from({ length: count }, (_, at) => at + 1).join();
}

test('a word is an axis or a reference, never both', () => {
  for (const axis of ['threads=1', 'seq=64,128', '=1', 'batch=']) assert.ok(isAxis(axis), axis);
  for (const ref of ['digits', 'digits@1.0.0', 'digits@>=1 <2', 'digits#production', 'models:/digits@x'])
    assert.ok(!isAxis(ref), ref);
});

test('an axis is threads, batch or a dimension that callers give a size to', () => {
  const float = { type: 'tensor(float32)', dtype: 'float32' };
  const signature = {
    inputs: [
      { name: 'ids', ...float, shape: ['N', 'seq', 4] },
      { name: 'bias', ...float, shape: ['hidden'], hasDefault: true as const },
    ],
    outputs: [{ name: 'y', ...float, shape: ['out'] }],
  };
  const check = (word: string, options = {}): void =>
    refuseUnknownAxes(parseAxes([word]), signature, options);
  for (const word of ['threads=1', 'batch=1', 'N=1', 'seq=1']) check(word);
  const unknown = failsWith('INVALID_INPUT', /"threads", "batch", "N", "seq"/);
  for (const word of ['ids=1', 'hidden=1', 'out=1', 'constructor=1', 'concurency=2'])
    assert.throws(() => check(word), unknown, word);
  for (const [word, options] of [
    ['threads=1', { threads: 2 }],
    ['batch=1', { batch: 2 }],
    ['seq=1', { shapes: new Map([['seq', [2]]]) }],
  ] as const)
    assert.throws(() => check(word, options), failsWith('USAGE', /also set to 2/), word);
});

test('a setting changes its options, and nothing else', () => {
  const options = { shapes: new Map([['seq', [7]]]), durationMs: 3000 };
  const chosen = chooseSetting(options, [
    ['threads', 2],
    ['batch', 8],
    ['tokens', 64],
  ]);
  const shapes = new Map([
    ['seq', [7]],
    ['tokens', [64]],
  ]);
  assert.deepEqual(chosen, { durationMs: 3000, threads: 2, batch: 8, shapes });
  assert.deepEqual(chooseSetting(options, [['threads', 2]]), { ...options, threads: 2 });
});

test('the order is random, by the seed, and each setting stands in it once', () => {
  const order = shuffledOrder(50, 1);
  assert.deepEqual(order, shuffledOrder(50, 1));
  assert.notDeepEqual(order, shuffledOrder(50, 2));
  const inOrder = Array.from({ length: 50 }, (_, at) => at);
  assert.notDeepEqual(order, inOrder);
  assert.deepEqual(
    order.toSorted((a, b) => a - b),
    inOrder,
  );
});
