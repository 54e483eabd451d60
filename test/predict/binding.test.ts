import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Dimension, Signature, ValueInfo } from '../../src/core/versions/signature.ts';
import {
  bindColumns,
  type Binding,
  type BindingOptions,
  tensorShape,
} from '../../src/predict/columns/binding.ts';
import { parseColumnList, parseInputColumns } from '../../src/predict/columns/column-choice.ts';

type Given = Dimension[] | null | Partial<ValueInfo>;

function values(given: Record<string, Given> | [string, Given][]): ValueInfo[] {
  const entries = Array.isArray(given) ? given : Object.entries(given);
  return entries.map(([name, of]) => {
    const value = of === null || Array.isArray(of) ? { shape: of } : of;
    const dtype = value.dtype === undefined ? 'float32' : value.dtype;
    return { name, type: `tensor(${dtype})`, shape: ['N', 1], ...value, dtype };
  });
}

const probabilities: Record<string, Given> = { probabilities: ['N', 3] };

function model(inputs: Record<string, Given> | [string, Given][], outputs = probabilities): Signature {
  return { inputs: values(inputs), outputs: values(outputs) };
}

interface Flags {
  columns?: string;
  map?: string[];
  exclude?: string;
  text?: number[];
}

function bind(header: string | string[], signature: Signature, flags: Flags = {}): Binding {
  const options: BindingOptions = {
    columns: flags.columns === undefined ? undefined : parseColumnList(flags.columns, '--columns'),
    map: new Map((flags.map ?? []).map((text) => parseInputColumns(text, '--map'))),
    exclude: flags.exclude === undefined ? undefined : parseColumnList(flags.exclude, '--exclude'),
    text: new Set(flags.text),
  };
  return bindColumns(typeof header === 'string' ? header.split(',') : header, signature, options);
}

/** The columns of each input, counted from 1. */
function columnsOf(...given: Parameters<typeof bind>): Record<string, number[]> {
  return Object.fromEntries(
    bind(...given).inputs.map(({ name, columns }) => [name, columns.map((at) => at + 1)]),
  );
}

function refused(...given: Parameters<typeof bind>): { message: string; hint: string } {
  let error: unknown;
  try {
    bind(...given);
  } catch (caught) {
    error = caught;
  }
  assert.ok(error instanceof Error, 'nothing was refused');
  const { code, message, hint } = error as Error & { code: string; hint: string };
  assert.equal(code, 'INVALID_INPUT', message);
  return { message, hint };
}

const four = model({ X: ['batch', 4] });

test('all columns in order fill the one input of a model', () => {
  assert.deepEqual(bind('a,b,c,d', four), {
    inputs: [{ name: 'X', dtype: 'float32', columns: [0, 1, 2, 3], rowShape: [4], batched: true }],
    batch: null,
    unused: [],
  });
  assert.deepEqual(columnsOf('a,target,b,c,d', four, { exclude: 'target' }), { X: [1, 3, 4, 5] });
});

test('an input takes the column of its name, whatever else is there', () => {
  const mixed = model({
    origin: { dtype: 'string' },
    cylinders: { dtype: 'int64' },
    horsepower: { shape: ['N'] },
  });
  const binding = bind('horsepower,id,cylinders,origin,target', mixed);
  assert.deepEqual(binding.inputs, [
    { name: 'origin', dtype: 'string', columns: [3], rowShape: [1], batched: true },
    { name: 'cylinders', dtype: 'int64', columns: [2], rowShape: [1], batched: true },
    { name: 'horsepower', dtype: 'float32', columns: [0], rowShape: [], batched: true },
  ]);
  assert.deepEqual(binding.unused, ['id', 'target']);
});

test('an input takes numbered columns of its name, in the order of the numbers', () => {
  for (const header of ['id,p_1,note,p_0,p_2', 'id,p[1],note,p[0],p[2]', 'id,p1,note,p0,p2'])
    assert.deepEqual(columnsOf(header, model({ p: ['N', 3] })), { p: [4, 2, 5] });
  assert.deepEqual(columnsOf('p_0,p_1,q_0', model({ p: ['N', 'k'], q: ['N', 'm'] })), { p: [1, 2], q: [3] });
  assert.match(
    refused('p0,p1,p_0,p_1', model({ p: ['N', 2] })).message,
    /could take the columns from "p_0" or from "p0"/,
  );
});

test('numbered columns that do not fit the width are not used', () => {
  const { message, hint } = refused('p_0,p_1,p_2,p_3,id', model({ p: ['N', 3] }));
  assert.match(message, /input "p" \(float32 \[N,3\]\) takes 3 values per row, but the table has 5 columns/);
  assert.match(hint, /--exclude id.*--columns 1-3/);
});

test('columns of text are left out where numbers are needed, and named where they are in the way', () => {
  assert.deepEqual(columnsOf('name,a,b,c,d', four, { text: [0] }), { X: [2, 3, 4, 5] });
  assert.match(
    refused('a,name,b,c', four, { text: [1] }).message,
    /takes 4 values per row, but the table has 3 numeric columns; text: "name"/,
  );
  const strings = model({ words: { dtype: 'string', shape: ['N', 2] } });
  assert.deepEqual(columnsOf('a,b', strings, { text: [0, 1] }), { words: [1, 2] });
});

test('a wrong number of columns is refused with what to leave out', () => {
  const { message, hint } = refused('a,b,c,d,target', four);
  assert.match(
    message,
    /input "X" \(float32 \[batch,4\]\) takes 4 values per row, but the table has 5 columns/,
  );
  assert.match(hint, /--exclude target/);
  assert.match(
    refused('a,b,c,d,target', four, { exclude: 'target,d' }).message,
    /has 3 columns without the excluded "target", "d"/,
  );
  assert.match(refused([], four).message, /has 0 columns/);
});

test('--columns lists names, positions and ranges, in the order of the values', () => {
  assert.deepEqual(columnsOf('id,a,b,c,d,e', four, { columns: '3-5,a' }), { X: [3, 4, 5, 2] });
  assert.deepEqual(columnsOf('id,a,b,c,d,e', four, { columns: 'a, b,5,6' }), { X: [2, 3, 5, 6] });
  assert.deepEqual(columnsOf('id,a,b,c,d,e', four, { columns: '2-6', exclude: 'c' }), { X: [2, 3, 5, 6] });
});

test('a name comes before a position and a range', () => {
  assert.deepEqual(columnsOf('3-10,b,3,d,e', four, { columns: '3-10,3,2,5' }), { X: [1, 3, 2, 5] });
  assert.deepEqual(columnsOf('id,0,1,2,3', four, { columns: '0-3' }), { X: [2, 3, 4, 5] });
  assert.match(
    refused('x,3,y,z', four, { columns: '3-4' }).message,
    /ambiguous: a column is named "3", but none "4"/,
  );
  assert.match(refused('a,b,c,d', four, { columns: '"1",b,c,d' }).message, /no column is named "1"/);
});

test('odd names are found as they are', () => {
  const odd = ['a,b', 'say "hi"', ' lead', 'é', 'É', '__proto__', '', '日本', 'constructor'];
  const list = '"a,b","say ""hi""", lead,é,É,__proto__,"",日本,constructor';
  const wide = model({ X: ['N', 9] });
  assert.deepEqual(columnsOf(odd, wide, { columns: list }), { X: [1, 2, 3, 4, 5, 6, 7, 8, 9] });
  const inputs = model([
    ['__proto__', ['N']],
    ['in=put', ['N', 2]],
    ['É', ['N']],
  ]);
  assert.deepEqual(
    bind(odd, inputs, { map: ['"in=put"="a,b",2'] }).inputs.map(({ columns }) => columns),
    [[5], [0, 1], [4]],
  );
});

test('an unknown column is refused, and one that is nearly it is suggested', () => {
  const { message, hint } = refused('Age,b,c,d', four, { columns: 'age,b,c,d' });
  assert.match(message, /--columns: no column is named "age"/);
  assert.match(hint, /did you mean "Age"/);
  assert.match(
    refused('a,b,c,d', four, { exclude: 'targt' }).message,
    /--exclude: no column is named "targt"/,
  );
  assert.match(refused('a,b,c,d', four, { columns: '0-3' }).message, /positions are 1 to 4/);
  assert.match(refused('a,b,c,d', four, { columns: '2-5' }).message, /positions are 1 to 4/);
  assert.match(refused('a,b,c,d', four, { columns: '4-1' }).message, /ends before it starts/);
  assert.match(refused('a,b,c,d', four, { columns: '99999999999999999999' }).message, /positions are 1 to 4/);
  assert.equal(columnsOf('é,b,c,d', four, { columns: 'é,b,c,d' })['X']?.length, 4);
  assert.match(refused('e\u0301,b,c,d', four, { columns: 'é,b,c,d' }).hint, /Unicode form/);
});

test('columns of the same name are refused only where the name is used', () => {
  assert.deepEqual(columnsOf('a,a,b,c', four), { X: [1, 2, 3, 4] });
  const { message, hint } = refused('a,a,b,c', four, { columns: 'a,b,c,4' });
  assert.match(message, /2 columns are named "a" \(columns 1, 2\)/);
  assert.match(hint, /by its position, such as 1/);
  assert.match(refused('x,x', model({ x: ['N'] })).message, /2 columns are named "x"/);
  assert.deepEqual(columnsOf('x,x', model({ x: ['N'] }), { map: ['x=2'] }), { x: [2] });
});

test('a column fills an input once, and may fill two inputs', () => {
  assert.match(refused('a,b,c,d', four, { columns: '1-3,b' }).message, /column 2 "b" twice/);
  assert.match(
    refused('a,b,c,d,e', four, { columns: 'a,b,c,e', exclude: 'e' }).message,
    /--columns and --exclude both name column 5 "e"/,
  );
  const two = model({ x: ['N'], y: ['N'] });
  assert.deepEqual(columnsOf('a', two, { map: ['x=a', 'y=a'] }), { x: [1], y: [1] });
});

test('--map names inputs, and --columns fills the one that is left', () => {
  const two = model({ key: { dtype: 'int64', shape: ['N'] }, X: ['N', 2] });
  assert.deepEqual(columnsOf('id,a,b', two, { map: ['key=id'], columns: '2-3' }), { key: [1], X: [2, 3] });
  assert.deepEqual(columnsOf('key,a,b', two, { columns: 'b,a' }), { key: [1], X: [3, 2] });
  assert.match(
    refused('id,a,b', two, { columns: '2-3' }).message,
    /the model has 2 inputs, and --columns fills one/,
  );
  assert.match(refused('key,a,b', two, { map: ['key=1', 'X=2,3'], columns: 'a' }).hint, /omit --columns/);
  assert.match(refused('id,a,b', two, { map: ['Key=id'] }).message, /the model has no input "Key"/);
  const missing = refused('key,a,b', two);
  assert.match(missing.message, /no column fills input "X" \(float32 \[N,2\]\)/);
  assert.match(missing.hint, /--map X=COLUMN.*"key", "a", "b"/);
  assert.match(refused('KEY,X_0,X_1', two).hint, /--map key=KEY/);
});

test('lists and maps that cannot be read are refused', () => {
  for (const text of ['"a', '"a"b', 'a,"b'])
    assert.throws(() => parseColumnList(text, '--columns'), { code: 'USAGE' });
  for (const text of ['X', '=a', '"X"', '""=a'])
    assert.throws(() => parseInputColumns(text, '--map'), { code: 'USAGE' });
  assert.deepEqual(parseInputColumns('X=a=b,c', '--map'), ['X', ['a=b', 'c']]);
});

test('rows get the shape that the input declares', () => {
  const shapeOf = (shape: Dimension[] | null, width: number, outputs?: Record<string, Given>): unknown => {
    const header = Array.from({ length: width }, (_, at) => `c${at}`);
    const { inputs, batch } = bind(header, model({ x: shape }, outputs), { columns: `1-${width}` });
    return [tensorShape(inputs[0]!, 5), batch];
  };
  assert.deepEqual(shapeOf(['N', 1, 8, 8], 64), [[5, 1, 8, 8], null]);
  assert.deepEqual(shapeOf(['N', 3, null, 2], 24), [[5, 3, 4, 2], null]);
  assert.deepEqual(shapeOf(null, 3), [[5, 3], null]);
  assert.deepEqual(shapeOf(['N', 'k'], 7), [[5, 7], null]);
  assert.deepEqual(shapeOf([1, 4], 4, { y: [1, 3] }), [[5, 4], 1]);
  assert.deepEqual(shapeOf([8, 4], 4, { y: [8, 3] }), [[5, 4], 8]);
  assert.deepEqual(shapeOf([8, 4], 4, { y: null }), [[5, 4], 8]);
  assert.deepEqual(shapeOf([1], 1), [[5], 1]);
  // Exported without a dimension of rows: one row is one run.
  assert.deepEqual(shapeOf([3, 4], 12, { y: [10] }), [[3, 4], 1]);
  assert.deepEqual(shapeOf([64], 64, { y: [64] }), [[64], 1]);
  assert.deepEqual(shapeOf([], 1), [[], 1]);
  assert.deepEqual(shapeOf([], 2), [[5, 2], null]);
});

test('shapes that a row cannot fill are refused', () => {
  const of = (shape: Dimension[], width: number) =>
    refused(
      Array.from({ length: width }, (_, at) => `c${at}`),
      model({ x: shape }),
      { columns: `1-${width}` },
    ).message;
  assert.match(of(['N', 'c', 'h', 8], 64), /2 of its dimensions are dynamic/);
  assert.match(of(['N', 3, 'w'], 4), /a multiple of 3 values per row, but 4 columns/);
  assert.match(of(['N', 0], 1), /takes no values/);
  assert.match(of(['N', 'N'], 3), /would be the number of rows, "N"/);
  assert.match(of(['N', 4], 3), /takes 4 values per row, but 3 columns are chosen: "c0", "c1", "c2"/);
});

test('inputs that contradict each other are refused', () => {
  const two = (x: Given, y: Given) => model({ x, y }, { z: null });
  assert.match(
    refused('x_0,x_1,y_0,y_1,y_2', two(['N', 'k'], ['N', 'k'])).message,
    /input "y" .* has 3 for "k", but input "x" .* has 2/,
  );
  assert.equal(bind('x_0,x_1,y_0,y_1,y_2', two(['N', '?'], ['N', '?'])).inputs.length, 2);
  assert.match(
    refused('x,y', two([4, 1], [2, 1])).message,
    /input "y" .* takes 2 rows at a time.* "x" .* takes 4/,
  );
  assert.equal(bind('x,y', two(['N', 1], [4, 1])).batch, 4);
  assert.deepEqual(bind('x,y', two([4, 1], [4])).inputs[1]?.rowShape, []);
});

test('inputs that no table can fill are refused, and those with a default are left alone', () => {
  assert.match(
    refused('x', model({ x: { dtype: null, type: 'seq(tensor(float32))', shape: null } })).message,
    /input "x" \(seq\(tensor\(float32\)\)\) cannot be filled from a table/,
  );
  assert.match(refused('x', model({ x: { dtype: 'complex64' } })).message, /complex64 \[N,1\]/);
  const optional = model({ x: ['N', 2], scale: { hasDefault: true, shape: [1] } });
  assert.deepEqual(columnsOf('a,b', optional), { x: [1, 2] });
  assert.match(refused('a,b,scale', optional, { map: ['scale=scale'] }).message, /"scale" has a default/);
  assert.match(
    refused('a', model({ scale: { hasDefault: true } })).message,
    /no input that a table could fill/,
  );
});
