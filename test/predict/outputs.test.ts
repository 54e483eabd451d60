import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseColumnList } from '../../src/predict/columns/column-choice.ts';
import {
  outputColumns,
  type OutputWidth,
  rowWidth,
  selectColumns,
} from '../../src/predict/columns/outputs.ts';

const label = { name: 'label', width: 1 };
const pair = { name: 'p', width: 2 };

const names = (outputs: OutputWidth[], header: string[] = []): string[] =>
  outputColumns(outputs, header).map(({ name }) => name);

test('an output of one value has one column, and one of several has numbered ones', () => {
  assert.deepEqual(outputColumns([label, pair], ['id']), [
    { name: 'label', output: 0, index: 0 },
    { name: 'p_0', output: 1, index: 0 },
    { name: 'p_1', output: 1, index: 1 },
  ]);
  assert.deepEqual(names([{ name: 'empty', width: 0 }]), []);
});

test('names of classes take the place of numbers, if there is one for each value', () => {
  assert.deepEqual(names([{ ...pair, classes: ['cat', 'Ærø, "x"'] }]), ['p_cat', 'p_Ærø, "x"']);
  assert.deepEqual(names([{ ...pair, classes: ['cat'] }]), ['p_0', 'p_1']);
  assert.deepEqual(names([{ ...pair, classes: ['cat', 'cat'] }]), ['p_0', 'p_1']);
  assert.deepEqual(
    names([{ ...label, classes: ['cat'] }]),
    ['label_cat'].map(() => 'label'),
  );
});

test('a name that is taken gets _pred until it is free', () => {
  assert.deepEqual(names([label, pair], ['label', 'p_1', 'p_1_pred']), [
    'label_pred',
    'p_0',
    'p_1_pred_pred',
  ]);
  assert.deepEqual(names([pair, { name: 'p_0', width: 1 }]), ['p_0', 'p_1', 'p_0_pred']);
  assert.deepEqual(names([{ name: '__proto__', width: 1 }], ['__proto__']), ['__proto___pred']);
});

test('the width of an output follows from its shape and the rows of the batch', () => {
  const batch = [{ batched: true }];
  assert.equal(rowWidth([5], 5, batch), 1);
  assert.equal(rowWidth([5, 2, 3], 5, batch), 6);
  assert.equal(rowWidth([], 5, batch), null);
  assert.equal(rowWidth([2, 5], 5, batch), null);
  assert.equal(rowWidth([10], 1, [{ batched: false }]), 10);
  assert.equal(rowWidth([1, 10], 1, [{ batched: false }]), 10);
  assert.equal(rowWidth([], 1, [{ batched: false }]), 1);
});

test('without --select all columns of the table come first, then those of the model', () => {
  assert.deepEqual(select(['a', 'b']), ['a', 'b', 'label', 'p_0', 'p_1']);
});

function select(header: string[], list?: string): (string | undefined)[] {
  const outputs = [label, pair];
  const columns = outputColumns(outputs, header);
  return selectColumns(
    header,
    outputs,
    columns,
    list === undefined ? undefined : parseColumnList(list, '--select'),
  ).map((column) => ('input' in column ? header[column.input] : columns[column.output]?.name));
}

test('--select lists columns of the table and the model in their order', () => {
  assert.deepEqual(select(['id', 'a', 'b'], 'p_1,id,label'), ['p_1', 'id', 'label']);
  assert.deepEqual(select(['id', 'a', 'b'], 'label,p'), ['label', 'p_0', 'p_1']);
  assert.deepEqual(select(['id', 'a', 'b'], '2-3,label'), ['a', 'b', 'label']);
});

test('--select without a column of the model keeps all of them', () => {
  assert.deepEqual(select(['id', 'a'], 'id'), ['id', 'label', 'p_0', 'p_1']);
});

test('a column of the table comes before one of the model', () => {
  assert.deepEqual(select(['label', 'p'], 'label,p,label_pred'), ['label', 'p', 'label_pred']);
});

test('--select refuses what is unknown, ambiguous or there twice', () => {
  assert.throws(() => select(['id'], 'id,score'), {
    code: 'INVALID_INPUT',
    message: '--select: no column is named "score"',
    hint: 'the columns are "id"; the model adds "label", "p_0", "p_1"',
  });
  assert.throws(() => select(['a', 'a'], 'a'), /2 columns are named "a"/);
  assert.throws(() => select(['id'], 'p,p_1'), /--select has column "p_1" twice/);
  assert.throws(() => select(['id'], 'id,1'), /--select has column "id" twice/);
});
