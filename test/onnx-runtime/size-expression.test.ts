import assert from 'node:assert/strict';
import { test } from 'node:test';
import { evaluateSize, namesIn } from '../../src/onnx/feeds/size-expression.ts';

const sizes: Record<string, number> = {
  past: 3,
  seq: 2,
  N: 8,
  s0: 5,
  'batch-size': 4,
  'time steps': 6,
  a: 7,
  zero: 0,
};
const evaluate = (text: string) =>
  evaluateSize(text, Object.keys(sizes), (name) => (Object.hasOwn(sizes, name) ? sizes[name] : undefined));

test('sums and other expressions of known names have a size', () => {
  const values: [string, number][] = [
    ['past + seq', 5],
    ['past+seq', 5],
    ['past + seq + 1', 6],
    ['past + 1', 4],
    ['zero + seq', 2],
    ['2*s0 - 1', 9],
    ['2*(s0 - 1)', 8],
    ['N//3', 2],
    ['N/4', 2],
    ['floor(N/3)', 2],
    ['ceiling(N/3) + 1', 4],
    ['Max(1, s0)', 5],
    ['min(N, s0, 3)', 3],
    ['N % 3', 2],
    ['s0*N*2', 80],
    ['N - s0 - 1', 2],
    ['batch-size * seq', 8],
    ['batch-size+time steps', 10],
    ['(time steps)*(a)', 42],
    ['s0 - N', -3],
    // As sympy, and so torch.export, writes them.
    ['-past + s0', 2],
    ['-past*seq + N', 2],
    ['seq*(-past + s0)', 4],
    ['seq**3', 8],
    ['past**2 - 1', 8],
    ['N*seq**2', 32],
    ['((s0 - 1)//2)**2', 4],
    ['-seq**2 + s0', 1],
  ];
  for (const [text, value] of values) assert.equal(evaluate(text), value, text);
});

test('what is no expression of known names has none', () => {
  for (const text of [
    'past',
    'past + other',
    'total_sequence_length',
    'unk__12',
    'sequence length + 1',
    'past seq',
    'past + ',
    '+ past',
    'past ++ seq',
    'past + (seq',
    'past + seq)',
    'N/3',
    'N/zero',
    'N//zero',
    'past, seq',
    '(past, seq) + 1',
    'floor + 1',
    'round(N/3)',
    '?',
    '',
    ' ',
    'past + seq\n',
    'constructor(past)',
    'past *** 2',
    'past **',
    '-',
    'past - -seq',
    `past${' + past'.repeat(200)}`,
    '('.repeat(400) + 'past',
  ])
    assert.equal(evaluate(text), undefined, text);
});

test('the names in it are told', () => {
  assert.deepEqual(namesIn('past + seq*2', []), ['past', 'seq']);
  assert.deepEqual(namesIn('batch-size + 1', ['batch-size']), ['batch-size']);
  assert.deepEqual(namesIn('batch', ['batch']), []);
  assert.deepEqual(namesIn('not a sum', []), []);
});
