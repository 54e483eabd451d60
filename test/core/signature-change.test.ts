import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { compareSignatures, formatValueType } from '../../src/core/versions/signature-change.ts';
import type { Dimension, Signature, ValueInfo } from '../../src/core/versions/signature.ts';

const float = (name: string, shape: Dimension[] | null, dtype = 'float32'): ValueInfo => ({
  name,
  type: `tensor(${dtype})`,
  dtype,
  shape,
});
const other = (name: string, type: string): ValueInfo => ({ name, type, dtype: null, shape: null });
const withDefault = (info: ValueInfo): ValueInfo => ({ ...info, hasDefault: true });
const scalar = float('s', []);

test('types are written as people write them', () => {
  assert.equal(formatValueType(float('X', ['batch', 64])), 'float32[batch,64]');
  assert.equal(formatValueType(scalar), 'float32[]');
  assert.equal(formatValueType(float('X', null)), 'float32[...]');
  assert.equal(formatValueType(float('X', [null, 'N', 3])), 'float32[?,N,3]');
  assert.equal(
    formatValueType(other('X', 'seq(map(int64,tensor(float32)))')),
    'seq(map(int64,tensor(float32)))',
  );
  assert.equal(formatValueType(float('X', ['a\u001b[2Jb'])), 'float32[a\\u{1b}[2Jb]');
});

/** before → after: breaking as an input, breaking as an output; null: no change at all. */
const table: [ValueInfo | null, ValueInfo | null, boolean | null, boolean | null][] = [
  [float('v', [4]), float('v', [4]), null, null],
  [float('v', ['N', 4]), float('v', ['batch', 4]), null, null],
  [float('v', ['N']), float('v', [null]), null, null],
  [float('v', null), float('v', null), null, null],
  [float('v', [4]), float('v', ['N']), false, true],
  [float('v', [4]), float('v', [null]), false, true],
  [float('v', ['N']), float('v', [4]), true, false],
  [float('v', [null]), float('v', [4]), true, false],
  [float('v', [4]), float('v', [5]), true, true],
  [float('v', [4, 'N']), float('v', ['N', 5]), true, true],
  [float('v', [4]), float('v', [4, 1]), true, true],
  [float('v', []), float('v', [1]), true, true],
  [float('v', [4]), float('v', null), false, true],
  [float('v', null), float('v', [4]), true, false],
  [float('v', [4]), float('v', [4], 'float64'), true, true],
  [float('v', null), other('v', 'seq(tensor(float32))'), true, true],
  [other('v', 'seq(tensor(int64))'), other('v', 'seq(tensor(int32))'), true, true],
  [float('v', [4]), null, true, true],
  [null, float('v', [4]), true, false],
  [null, withDefault(float('v', [4])), false, false],
  [float('v', [4]), withDefault(float('v', [4])), false, false],
  [withDefault(float('v', [4])), float('v', [4]), true, true],
];

for (const [before, after, input, output] of table) {
  const show = (info: ValueInfo | null) =>
    info === null ? 'nothing' : formatValueType(info) + (info.hasDefault ? ' with default' : '');
  test(`from ${show(before)} to ${show(after)}`, () => {
    const list = (info: ValueInfo | null) => (info === null ? [] : [info]);
    const asInput = compareSignatures(
      { inputs: list(before), outputs: [] },
      { inputs: list(after), outputs: [] },
    );
    assert.deepEqual(
      asInput.changes.map(({ breaking }) => breaking),
      input === null ? [] : [input],
    );
    assert.equal(asInput.compatible, input !== true);
    // Outputs have no defaults.
    if (before?.hasDefault || after?.hasDefault) return;
    const asOutput = compareSignatures(
      { inputs: [], outputs: list(before) },
      { inputs: [], outputs: list(after) },
    );
    assert.deepEqual(
      asOutput.changes.map(({ breaking }) => breaking),
      output === null ? [] : [output],
    );
    assert.equal(asOutput.compatible, output !== true);
  });
}

test('each change says in one phrase what changed', () => {
  const { changes, compatible } = compareSignatures(
    {
      inputs: [float('X', ['batch', 64]), withDefault(float('t', [])), float('old', [1])],
      outputs: [float('label', ['batch'], 'int64')],
    },
    {
      inputs: [float('fresh', [2]), float('X', ['N', 10]), float('t', []), withDefault(float('k', []))],
      outputs: [float('label', ['batch'], 'int64'), float('score', ['batch'])],
    },
  );
  assert.equal(compatible, false);
  assert.deepEqual(
    changes.map(({ kind, breaking, description }) => `${breaking ? '!' : ' '} ${kind}: ${description}`),
    [
      '! dimension: input X: changed from float32[batch,64] to float32[N,10]',
      '  moved: input X: moved from position 1 to 2',
      '! default-removed: input t: default removed',
      '  moved: input t: moved from position 2 to 3',
      '! removed: input old: float32[1] was removed',
      '! added: input fresh: float32[2] was added',
      '  added: input k: float32[] was added, with a default',
      '  added: output score: float32[batch] was added',
    ],
  );
});

const said = (before: Signature, after: Signature) =>
  compareSignatures(before, after).changes.map(
    ({ breaking, description }) => `${breaking ? '!' : ' '} ${description}`,
  );

test('an output that moved breaks callers that take it by its place; one that is added behind does not', () => {
  const [first, second, third] = [float('logits', [4]), float('mask', [4]), float('score', [4])];
  const outputs = (...list: ValueInfo[]): Signature => ({ inputs: [], outputs: list });
  assert.deepEqual(said(outputs(first), outputs(second, first)), [
    '! output logits: moved from position 1 to 2',
    '  output mask: float32[4] was added',
  ]);
  assert.deepEqual(said(outputs(first), outputs(first, second)), ['  output mask: float32[4] was added']);
  assert.deepEqual(said(outputs(first, second), outputs(second, first)), [
    '! output logits: moved from position 1 to 2',
    '! output mask: moved from position 2 to 1',
  ]);
  assert.deepEqual(said(outputs(first, second, third), outputs(first, third)), [
    '! output mask: float32[4] was removed',
    '! output score: moved from position 3 to 2',
  ]);
});

test('an input that moved is said, and breaks nobody, since inputs are fed by name', () => {
  const inputs = (...list: ValueInfo[]): Signature => ({ inputs: list, outputs: [] });
  const [ids, mask] = [float('ids', [4]), float('mask', [4])];
  assert.deepEqual(said(inputs(ids, mask), inputs(mask, ids)), [
    '  input ids: moved from position 1 to 2',
    '  input mask: moved from position 2 to 1',
  ]);
  assert.equal(compareSignatures(inputs(ids, mask), inputs(mask, ids)).compatible, true);
});

const dimension = fc.oneof(fc.integer({ min: 0, max: 3 }), fc.constantFrom('N', 'M'), fc.constant(null));
const info = fc
  .record({
    name: fc.constantFrom('a', 'b', 'c'),
    dtype: fc.constantFrom('float32', 'int64', null),
    shape: fc.option(fc.array(dimension, { maxLength: 2 })),
  })
  .map(({ name, dtype, shape }) =>
    dtype === null ? other(name, 'seq(tensor(float32))') : float(name, shape, dtype),
  );
const values = fc.uniqueArray(info, { selector: ({ name }) => name, maxLength: 3 });
const inputs = values.chain((list) =>
  fc
    .array(fc.boolean(), { minLength: list.length, maxLength: list.length })
    .map((defaults) => list.map((item, index) => (defaults[index] ? withDefault(item) : item))),
);
const signature: fc.Arbitrary<Signature> = fc.record({ inputs, outputs: values });

test('a signature is compatible with itself, without changes', () => {
  fc.assert(
    fc.property(signature, (one) => {
      assert.deepEqual(compareSignatures(one, structuredClone(one)), { compatible: true, changes: [] });
    }),
  );
});

test('the names of symbols do not matter', () => {
  const rename = (list: ValueInfo[]) =>
    list.map((item) => ({
      ...item,
      shape: item.shape?.map((size) => (typeof size === 'string' ? `other_${size}` : size)) ?? null,
    }));
  fc.assert(
    fc.property(signature, ({ inputs: ins, outputs }) => {
      const renamed = { inputs: rename(ins), outputs: rename(outputs) };
      assert.deepEqual(compareSignatures({ inputs: ins, outputs }, renamed).changes, []);
    }),
  );
});

test('compatible steps add up to a compatible whole', () => {
  fc.assert(
    fc.property(signature, signature, signature, (one, two, three) => {
      fc.pre(compareSignatures(one, two).compatible && compareSignatures(two, three).compatible);
      assert.ok(compareSignatures(one, three).compatible);
    }),
    { numRuns: 40, maxSkipsPerRun: 2000 },
  );
});

test('a change that is undone is seen from both sides', () => {
  fc.assert(
    fc.property(signature, signature, (one, two) => {
      const touched = (from: Signature, to: Signature) =>
        compareSignatures(from, to)
          .changes.map(({ side, name }) => `${side} ${name}`)
          .toSorted();
      assert.deepEqual(touched(one, two), touched(two, one));
    }),
  );
});
