import assert from 'node:assert/strict';
import { closeSync, constants, openSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import type { CellTarget } from '../../../src/data/cell-types.ts';
import { appendColumns } from '../../../src/data/parquet/append-columns.ts';
import { readFooter } from '../../../src/data/parquet/footer.ts';
import type { FieldValues, OutputField } from '../../../src/data/parquet/output-fields.ts';
import { openTable, readBack, writeParquet } from '../../support/parquet-files.ts';
import { failsWith, tempFolder } from '../../support/temp-folder.ts';

const capacity = 2048;

/** Appends to what a SELECT gives; `values` are of the batch whose first column has these ids. */
async function append(
  t: TestContext,
  select: string,
  fields: OutputField[],
  values: (ids: Float64Array, rows: number) => FieldValues[],
  write = '',
) {
  const folder = tempFolder(t);
  const [source, copy] = [join(folder, 'in.parquet'), join(folder, 'out.parquet')];
  await writeParquet(source, select, write);
  const { table, target } = await openTable(t, source, copy);
  const descriptor = openSync(source, 'r');
  t.after(() => closeSync(descriptor));
  const footer = await readFooter(descriptor, statSync(source).size);
  assert.ok(footer !== null);
  const into = new Float64Array(capacity);
  const targets: CellTarget[] = [{ column: 0, type: 'float64', into, offset: 0, stride: 1 }];
  await appendColumns(
    {
      table,
      footer,
      targets,
      onMissing: 'nan',
      fields,
      source: descriptor,
      target,
      targetName: 'out.parquet',
    },
    {
      compute: (rows) => Promise.resolve({ values: values(into, rows) }),
      onRejected: () => assert.fail('a row was rejected'),
      onProgress: () => undefined,
    },
  );
  const [before, after] = [readFileSync(source), readFileSync(copy)];
  assert.ok(after.subarray(0, footer.at).equals(before.subarray(0, footer.at)), 'other bytes');
  return { ...(await readBack(copy)), before: await readBack(source), copy, groupsOf: footer.groups };
}

const doubled: OutputField[] = [{ name: 'doubled', dtype: 'float64' }];
const double = (ids: Float64Array): FieldValues[] => [
  { data: ids.map((id) => id * 2), offset: 0, stride: 1 },
];

test('the rows stay in their bytes, and the column follows over row groups and pages', async (t) => {
  for (const [rows, group] of [
    [1, 2048],
    [5000, 2048],
    [30_000, 122_880],
    [45_056, 22_528],
    [20_480, 20_480],
  ]) {
    const { rows: all, groupsOf } = await append(
      t,
      `SELECT range AS id, 'r' || range AS name FROM range(${rows})`,
      doubled,
      double,
      `, ROW_GROUP_SIZE ${group}`,
    );
    assert.equal(groupsOf.length, Math.ceil(rows! / group!));
    assert.equal(all.length, rows);
    assert.ok(
      all.every(({ id, name, doubled: two }, at) => Number(id) === at && name === `r${at}` && two === 2 * at),
    );
  }
});

test('no rows give the schema alone', async (t) => {
  const { rows, columns } = await append(t, 'SELECT range AS id FROM range(0)', doubled, double);
  assert.deepEqual([rows, columns], [[], ['id', 'doubled']]);
});

test('columns of all kinds stay what they are', async (t) => {
  const select = `SELECT range AS id, {'a': [range, NULL], 'b': {'c': 'x'}} AS nested, MAP {'k': range} AS pairs,
    nullif(range % 3, 0)::UTINYINT AS small, DATE '2020-01-01' + range::INTEGER AS day, 1.50::DECIMAL(5,2) AS price,
    TIMESTAMPTZ '2020-01-01 00:00:00+00' AS moment, uuid() AS uuid, 'ab'::BLOB AS bytes FROM range(3000)`;
  for (const write of [
    '',
    ', PARQUET_VERSION V2',
    ', COMPRESSION zstd',
    ', COMPRESSION uncompressed, ROW_GROUP_SIZE 2048',
  ]) {
    const { rows, before, types } = await append(t, select, doubled, double, write);
    assert.deepEqual(
      rows.map(({ doubled: two, ...row }) => (assert.equal(typeof two, 'number'), row)),
      before.rows,
    );
    const { doubled: type, ...others } = types;
    assert.deepEqual([type, others], ['DOUBLE', before.types]);
  }
});

const typed: [OutputField['dtype'], FieldValues['data'], unknown[], string][] = [
  ['float16', Float32Array.of(0.5, -0, Number.NaN), [0.5, -0, Number.NaN], 'FLOAT'],
  ['float32', Float32Array.of(1.5, -Infinity, 3e38), [1.5, -Infinity, Math.fround(3e38)], 'FLOAT'],
  ['float64', Float64Array.of(0.1, 5e-324, 1e300), [0.1, 5e-324, 1e300], 'DOUBLE'],
  ['int8', Int8Array.of(-128, 0, 127), [-128, 0, 127], 'INT32 INT_8'],
  ['int16', Int16Array.of(-32_768, 0, 32_767), [-32_768, 0, 32_767], 'INT32 INT_16'],
  ['int32', Int32Array.of(-(2 ** 31), 0, 2 ** 31 - 1), [-(2 ** 31), 0, 2 ** 31 - 1], 'INT32 INT_32'],
  [
    'int64',
    BigInt64Array.of(-(2n ** 63n), 0n, 2n ** 63n - 1n),
    [-(2n ** 63n), 0n, 2n ** 63n - 1n],
    'INT64 INT_64',
  ],
  ['uint8', Uint8Array.of(0, 1, 255), [0, 1, 255], 'INT32 UINT_8'],
  ['uint16', Uint16Array.of(0, 1, 65_535), [0, 1, 65_535], 'INT32 UINT_16'],
  ['uint32', Uint32Array.of(0, 1, 2 ** 32 - 1), [0, 1, 2 ** 32 - 1], 'INT32 UINT_32'],
  ['uint64', BigUint64Array.of(0n, 1n, 2n ** 64n - 1n), [0n, 1n, 2n ** 64n - 1n], 'INT64 UINT_64'],
  ['bool', Uint8Array.of(1, 0, 1), [true, false, true], 'BOOLEAN'],
  ['string', ['', 'größer', '"a",\n\0'], ['', 'größer', '"a",\n\0'], 'BYTE_ARRAY UTF8'],
];

test('every type of output is stored as its own, as DuckDB stores it', async (t) => {
  const fields = typed.map(([dtype]): OutputField => ({ name: dtype, dtype }));
  const values = typed.map(([, data]): FieldValues => ({ data, offset: 0, stride: 1 }));
  const { rows, types } = await append(t, 'SELECT range AS id FROM range(3)', fields, () => values);
  for (const [dtype, , wanted, type] of typed) {
    const given = rows.map((row) => row[dtype]);
    if (dtype === 'uint32')
      assert.deepEqual(
        given.map((value) => Number(value) >>> 0),
        wanted,
      );
    else assert.deepEqual(given, wanted, dtype);
    assert.equal(types[dtype], type);
  }
});

test('values that lie apart are taken from their places, in many pages of one group', async (t) => {
  const fields: OutputField[] = [
    { name: 'label', dtype: 'int64' },
    { name: 'p_1', dtype: 'float32' },
    { name: 'even', dtype: 'bool' },
    { name: 'text', dtype: 'string' },
  ];
  const { rows } = await append(t, 'SELECT range AS id FROM range(22001)', fields, (ids, count) => {
    const some = Array.from(ids.subarray(0, count));
    return [
      { data: BigInt64Array.from(some, (id) => BigInt(id % 7)), offset: 0, stride: 1 },
      { data: Float32Array.from(some.flatMap((id) => [-1, id, -2])), offset: 1, stride: 3 },
      { data: Uint8Array.from(some, (id) => (id % 2 === 0 ? 1 : 0)), offset: 0, stride: 1 },
      { data: some.map((id) => `t${id % 100}`), offset: 0, stride: 1 },
    ];
  });
  for (const [at, row] of rows.entries())
    assert.deepEqual(
      [row['label'], row['p_1'], row['even'], row['text']],
      [BigInt(at % 7), at, at % 2 === 0, `t${at % 100}`],
    );
});

test('names that only differ in case are refused, as where DuckDB writes', async (t) => {
  await assert.rejects(
    append(t, 'SELECT range AS "DOUBLED" FROM range(3)', doubled, double),
    failsWith('INVALID_INPUT', /"DOUBLED" and "doubled" differ only in case/),
  );
});

test('a target that cannot be written is an error of the storage', async (t) => {
  const folder = tempFolder(t);
  const source = join(folder, 'in.parquet');
  await writeParquet(source, 'SELECT range AS id FROM range(3)');
  const { table } = await openTable(t, source);
  const descriptor = openSync(source, 'r');
  const full = openSync('/dev/full', constants.O_WRONLY);
  t.after(() => [descriptor, full].forEach((open) => closeSync(open)));
  const footer = await readFooter(descriptor, statSync(source).size);
  const work = {
    compute: () => Promise.resolve({ values: [] }),
    onRejected: () => undefined,
    onProgress: () => undefined,
  };
  const plan = { table, footer: footer!, targets: [], onMissing: 'nan' as const, fields: [] };
  await assert.rejects(
    appendColumns({ ...plan, source: descriptor, target: full, targetName: 'out.parquet' }, work),
    failsWith('STORAGE', /could not write out\.parquet: the disk is full/),
  );
});

test('a footer that is damaged in any way is read, or is none, but breaks nothing', async (t) => {
  const folder = tempFolder(t);
  const path = join(folder, 'in.parquet');
  await writeParquet(path, `SELECT range AS id, [range] AS list FROM range(5000)`, ', ROW_GROUP_SIZE 2048');
  const whole = readFileSync(path);
  const footerOf = async (bytes: Uint8Array) => {
    writeFileSync(path, bytes);
    const descriptor = openSync(path, 'r');
    try {
      return await readFooter(descriptor, bytes.length);
    } finally {
      closeSync(descriptor);
    }
  };
  const sound = await footerOf(whole);
  assert.deepEqual(sound?.groups, [2048, 2048, 904]);
  for (let at = sound.at; at < whole.length; at++) {
    const bytes = Buffer.from(whole);
    bytes[at] = [0, 0xff, 0x19, 0x1c][at % 4] ?? 0;
    const footer = await footerOf(bytes);
    footer?.withColumns([{ name: 'x', physicalType: 5, convertedType: null }], []);
  }
  for (const length of [0, 4, 7, 8, 11, 12, 100]) {
    writeFileSync(path, whole);
    truncateSync(path, length);
    assert.equal(await footerOf(readFileSync(path)), null);
  }
});
