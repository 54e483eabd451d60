import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Signature, ValueInfo } from '../../src/core/versions/signature.ts';
import { hashFeeds, materialiseFeed } from '../../src/onnx/feeds/feed-data.ts';
import type { FeedData } from '../../src/onnx/feeds/feed-dtypes.ts';
import { float16Bits } from '../../src/onnx/tensors/half-floats.ts';
import { parseRanges, planInputs, type InputChoices } from '../../src/onnx/feeds/synthesize.ts';

const tensor = (name: string, dtype: string, shape: number[] = [1000]): ValueInfo => ({
  name,
  type: `tensor(${dtype})`,
  dtype,
  shape,
});

function make(inputs: ValueInfo[], choices: Partial<InputChoices> = {}): Record<string, FeedData> {
  const { feeds } = planInputs({ inputs, outputs: [] }, { seed: 1, shapes: new Map(), ...choices });
  return Object.fromEntries(feeds.map((feed) => [feed.name, materialiseFeed(feed)]));
}

const numbers = (data: FeedData | undefined): number[] => Array.from(data as Float32Array, Number);
const refused = (message: RegExp) => ({ code: 'INVALID_INPUT', message });

test('floats are uniform in [0, 1)', () => {
  for (const dtype of ['float32', 'float64']) {
    const values = numbers(make([tensor('x', dtype, [10_000])])['x']);
    assert.ok(values.every((value) => value >= 0 && value <= 1));
    const mean = values.reduce((sum, value) => sum + value) / values.length;
    assert.ok(Math.abs(mean - 0.5) < 0.02, `mean ${mean}`);
  }
});

test('integers and booleans are 0 or 1, both of them', () => {
  for (const dtype of ['int8', 'int16', 'int32', 'int64', 'uint8', 'uint16', 'uint32', 'uint64', 'bool']) {
    assert.deepEqual(new Set(numbers(make([tensor('x', dtype)])['x'])), new Set([0, 1]), dtype);
  }
});

test('masks are ones', () => {
  for (const name of ['attention_mask', 'mask', 'input_mask:0', 'attentionMask', 'decoder_attention_mask']) {
    assert.ok(
      numbers(make([tensor(name, 'int64')])[name]).every((value) => value === 1),
      name,
    );
  }
  assert.ok(numbers(make([tensor('unmasked', 'int64')])['unmasked']).includes(0));
  assert.ok(numbers(make([tensor('mask', 'float16')])['mask']).every((bits) => bits === 0x3c00));
});

test('strings are seeded words', () => {
  const words = make([tensor('s', 'string', [2, 3])])['s'] as string[];
  assert.equal(words.length, 6);
  assert.ok(words.every((word) => /^[a-z]{4,8}$/.test(word)));
});

test('the same seed gives the same data, another seed or name other data', () => {
  const x = (choices: Partial<InputChoices>) => numbers(make([tensor('x', 'float32')], choices)['x']);
  assert.deepEqual(x({ seed: 7 }), x({ seed: 7 }));
  assert.notDeepEqual(x({ seed: 7 }), x({ seed: 8 }));
  const both = make([tensor('a', 'float32'), tensor('b', 'float32')]);
  assert.notDeepEqual(both['a'], both['b']);
});

test('the digest of the feeds does not change between releases', () => {
  const signature: Signature = {
    inputs: [tensor('x', 'float32', [2, 2]), tensor('s', 'string', [2])],
    outputs: [],
  };
  const { feeds } = planInputs(signature, { seed: 1, shapes: new Map() });
  const hash = hashFeeds(feeds.map((plan) => ({ ...plan, data: materialiseFeed(plan) })));
  assert.equal(hash, '6b0597d57886d523306c85c1f120d5e4637195f83a4a53709ab8ccfb98639ee5');
});

test('a range replaces the default values', () => {
  const ids = numbers(make([tensor('ids', 'int64')], { ranges: parseRanges(['ids=5:7']) })['ids']);
  assert.deepEqual(new Set(ids), new Set([5, 6, 7]));
  const wide = numbers(make([tensor('x', 'float64')], { ranges: parseRanges(['x=-2:-1']) })['x']);
  assert.ok(wide.every((value) => value >= -2 && value < -1));
});

test('ranges that do not fit are refused', () => {
  const plan = (dtype: string, range: string) => () =>
    make([tensor('x', dtype)], { ranges: parseRanges([range]) });
  assert.throws(plan('int8', 'x=0:200'), refused(/does not fit int8/));
  assert.throws(plan('int32', 'x=0:0.5'), refused(/does not fit int32/));
  assert.throws(plan('string', 'x=0:1'), refused(/"x" is string/));
  assert.throws(plan('float32', 'y=0:1'), refused(/unknown input "y".*inputs: "x"/));
  for (const text of ['x', 'x=1', 'x=2:1', 'x=a:b', '=1:2', 'x=1:']) {
    assert.throws(() => parseRanges([text]), refused(/invalid range/), text);
  }
  assert.throws(() => parseRanges(['x=0:1', 'x=0:1']), refused(/once per input/));
});

test('what is not a tensor that can be fed is refused by name and type', () => {
  const kinds: [type: string, dtype: string | null][] = [
    ['seq(tensor(int64))', null],
    ['map(int64,tensor(float32))', null],
    ['optional(tensor(float32))', null],
    ['sparse_tensor(float32)', 'float32'],
    ['tensor(bfloat16)', 'bfloat16'],
    ['tensor(complex64)', 'complex64'],
    ['unknown', null],
  ];
  for (const [type, dtype] of kinds) {
    const input: ValueInfo = { name: 'odd', type, dtype, shape: null };
    assert.throws(
      () => make([input]),
      (error: { code: string; message: string }) =>
        error.code === 'INVALID_INPUT' && error.message.includes(`"odd" (${type})`),
      type,
    );
  }
});

test('inputs with a default are left out', () => {
  assert.deepEqual(
    Object.keys(make([tensor('x', 'float32'), { ...tensor('w', 'bfloat16'), hasDefault: true }])),
    ['x'],
  );
});

test('float16 bits round to the nearest, ties to even', () => {
  const known: [number, number][] = [
    [0, 0x0000],
    [-0, 0x8000],
    [1, 0x3c00],
    [-2, 0xc000],
    [65504, 0x7bff],
    [65519.9, 0x7bff],
    [65520, 0x7c00],
    [2 ** -14, 0x0400],
    [2 ** -24, 0x0001],
    [2 ** -25, 0x0000],
    [1 + 2 ** -11, 0x3c00],
    [1 + 3 * 2 ** -11, 0x3c02],
    [0.1, 0x2e66],
    [1 / 3, 0x3555],
    [Number.POSITIVE_INFINITY, 0x7c00],
    [Number.NaN, 0x7e00],
    [2 - 2 ** -12, 0x4000],
  ];
  for (const [value, bits] of known) assert.equal(float16Bits(value), bits, String(value));
});
