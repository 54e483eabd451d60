import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import type { CellTarget, CellType, OnMissing } from '../../../src/data/cell-types.ts';
import { copyWithOutputs, type CopyPlan } from '../../../src/data/parquet/copy-with-outputs.ts';
import type { FieldValues, OutputField } from '../../../src/data/parquet/output-fields.ts';
import type { RejectedValue } from '../../../src/data/parquet/row-reader.ts';
import { openTable, readBack, writeParquet } from '../../support/parquet-files.ts';
import { failsWith, tempFolder } from '../../support/temp-folder.ts';

const capacity = 2048;

/** Copies with one column more: the sum of the columns at `positions`, read as float64. */
async function addSum(
  t: TestContext,
  select: string,
  positions: number[],
  options: {
    write?: string;
    range?: { from: number; to: number };
    onMissing?: OnMissing;
    fields?: OutputField[];
    columns?: CopyPlan['columns'];
    onRejected?: (rows: readonly RejectedValue[]) => void;
  } = {},
): Promise<Awaited<ReturnType<typeof readBack>> & { rejected: RejectedValue[]; seen: number[] }> {
  const folder = tempFolder(t);
  const [source, copy] = [join(folder, 'in.parquet'), join(folder, 'out.parquet')];
  await writeParquet(source, select, options.write);
  const { table, target } = await openTable(t, source, copy);
  const into = new Float64Array(capacity * positions.length);
  const targets = positions.map((column, offset): CellTarget => ({
    column,
    type: 'float64',
    into,
    offset,
    stride: positions.length,
  }));
  const fields = options.fields ?? [{ name: 'sum', dtype: 'float64' }];
  const rejected: RejectedValue[] = [];
  const seen: number[] = [];
  const sums = new Float64Array(capacity);
  await copyWithOutputs(
    {
      table,
      targets,
      onMissing: options.onMissing ?? 'reject',
      fields,
      columns: options.columns ?? [
        ...table.columns.map((_, input) => ({ input })),
        ...fields.map((_, field) => ({ field })),
      ],
      range: options.range ?? { from: 0, to: table.rows },
      target,
      targetName: 'out.parquet',
      leavesOut: true,
    },
    {
      compute(rows) {
        for (let row = 0; row < rows; row++) {
          sums[row] = 0;
          for (let at = 0; at < positions.length; at++)
            sums[row] = (sums[row] as number) + (into[row * positions.length + at] as number);
        }
        return { values: fields.map((): FieldValues => ({ data: sums, offset: 0, stride: 1 })) };
      },
      onRejected(rows) {
        options.onRejected?.(rows);
        rejected.push(...rows);
      },
      onProgress: (rows) => void seen.push(rows),
    },
  );
  return { ...(await readBack(copy)), rejected, seen };
}

test('a column is added to all rows in their order, over many row groups', async (t) => {
  const { rows, columns, seen, groups } = await addSum(
    t,
    `SELECT range AS id, range * 2 AS a, 0.5 AS b, 'r' || range AS name FROM range(50000)`,
    [1, 2],
    { write: ', ROW_GROUP_SIZE 4096' },
  );
  assert.deepEqual(columns, ['id', 'a', 'b', 'name', 'sum']);
  assert.equal(rows.length, 50_000);
  assert.ok(groups > 1);
  for (const [at, row] of rows.entries()) {
    assert.equal(row['id'], BigInt(at));
    assert.equal(row['sum'], at * 2 + 0.5);
  }
  assert.deepEqual(rows[49_999], { id: 49_999n, a: 99_998n, b: 0.5, name: 'r49999', sum: 99_998.5 });
  assert.equal(seen.at(-1), 50_000);
});

test('each row is computed once, also where rows are rejected', async (t) => {
  const { rows, rejected, seen } = await addSum(
    t,
    `SELECT range AS id, CASE WHEN range % 3 = 1 THEN NULL WHEN range = 5 THEN 'nan'::DOUBLE ELSE range END AS a
     FROM range(10000)`,
    [1],
  );
  const kept = Array.from({ length: 10_000 }, (_, at) => at).filter((at) => at % 3 !== 1 && at !== 5);
  assert.deepEqual(
    rows.map(({ id, sum }) => [Number(id), sum]),
    kept.map((at) => [at, at]),
  );
  assert.equal(rejected.length, 10_000 - kept.length);
  assert.deepEqual(rejected.slice(0, 4), [
    { row: 2, column: 1, reason: 'missing' },
    { row: 5, column: 1, reason: 'missing' },
    { row: 6, column: 1, reason: 'missing (NaN)' },
    { row: 8, column: 1, reason: 'missing' },
  ]);
  // The last progress counts the rows of the table, not the calls.
  assert.equal(seen.at(-1), 10_000);
  assert.equal(new Set(seen).size, seen.length);
});

test('all rows rejected, and no rows at all, give a file without rows', async (t) => {
  const none = await addSum(t, `SELECT NULL::INTEGER AS a FROM range(3000)`, [0]);
  assert.deepEqual([none.rows, none.columns, none.rejected.length], [[], ['a', 'sum'], 3000]);
  const empty = await addSum(t, `SELECT 1 AS a, 'x' AS b FROM range(0)`, [0]);
  assert.deepEqual([empty.rows, empty.columns], [[], ['a', 'b', 'sum']]);
});

test('NULL and NaN reach the model as NaN if that is asked for', async (t) => {
  const { rows, rejected } = await addSum(
    t,
    `SELECT * FROM (VALUES (1.5::DOUBLE), (NULL), ('nan'), ('infinity')) AS v(a)`,
    [0],
    { onMissing: 'nan' },
  );
  assert.deepEqual(rejected, []);
  assert.deepEqual(
    rows.map(({ sum }) => sum),
    [1.5, NaN, NaN, Infinity],
  );
  assert.deepEqual(
    rows.map(({ a }) => a),
    [1.5, null, NaN, Infinity],
  );
});

test('ranges of rows make up the whole, with the row numbers of the table', async (t) => {
  const select = `SELECT range AS id, nullif(range, 7000) AS a FROM range(10000)`;
  const whole = await addSum(t, select, [1], { write: ', ROW_GROUP_SIZE 2048' });
  const parts = [];
  const rejected = [];
  for (const [from, to] of [
    [0, 1],
    [1, 3333],
    [3333, 3333],
    [3333, 9999],
    [9999, 10_000],
  ] as const) {
    const part = await addSum(t, select, [1], { range: { from, to }, write: ', ROW_GROUP_SIZE 2048' });
    assert.equal(part.seen.at(-1) ?? 0, to - from);
    parts.push(...part.rows);
    rejected.push(...part.rejected);
  }
  assert.deepEqual(parts, whole.rows);
  assert.deepEqual(rejected, whole.rejected);
  assert.deepEqual(rejected, [{ row: 7001, column: 1, reason: 'missing' }]);
});

test('columns that no input uses keep their names, types and values, whatever they are', async (t) => {
  const select = `SELECT 1::DOUBLE AS a, 9007199254740993::BIGINT AS big, 18446744073709551615::UBIGINT AS ubig,
    (-7)::TINYINT AS tiny, 1.50::DECIMAL(9,2) AS dec, 12345678901234567890.12::DECIMAL(38,2) AS wide,
    DATE '2020-02-29' AS day, TIMESTAMP '2020-01-01 01:02:03.456789' AS at, TIMESTAMPTZ '2020-01-01 00:00:00+00' AS tz,
    TIME '01:02:03' AS clock, 'é"''x' AS "naïve ""名""", ''::VARCHAR AS empty, NULL::VARCHAR AS nothing, 'ab'::BLOB AS bytes,
    [1, NULL, 3] AS list, {'x': 1, 'y': {'z': 'w'}} AS struct, MAP {'k': 1.5} AS map, true AS flag,
    uuid '00000000-0000-0000-0000-00000000000a' AS id, 0.1::FLOAT AS single, 'nan'::FLOAT AS nan FROM range(3)`;
  const folder = tempFolder(t);
  await writeParquet(join(folder, 'plain.parquet'), select);
  const plain = await readBack(join(folder, 'plain.parquet'));
  const copied = await addSum(t, select, [0]);
  assert.deepEqual(copied.columns, [...plain.columns, 'sum']);
  assert.deepEqual(copied.types, { ...plain.types, sum: 'DOUBLE' });
  assert.deepEqual(
    copied.rows,
    plain.rows.map((row): Record<string, unknown> => ({ ...row, sum: 1 })),
  );
  assert.equal(plain.rows[0]?.['big'], 9007199254740993n);
});

test('every type of output is stored as its own', async (t) => {
  const dtypes: [OutputField['dtype'], string][] = [
    ['float16', 'FLOAT'],
    ['float32', 'FLOAT'],
    ['float64', 'DOUBLE'],
    ['int8', 'INT32 INTEGER'],
    ['int16', 'INT32 INTEGER'],
    ['int32', 'INT32 INTEGER'],
    ['uint8', 'INT32 INTEGER'],
    ['uint16', 'INT32 INTEGER'],
    ['uint32', 'INT32 INTEGER'],
    ['bool', 'BOOLEAN'],
  ];
  const { rows, types } = await addSum(t, `SELECT range AS a FROM range(3)`, [0], {
    fields: dtypes.map(([dtype]) => ({ name: dtype, dtype })),
  });
  for (const [dtype, type] of dtypes) assert.match(types[dtype] ?? '', new RegExp(`^${type.split(' ')[0]}`));
  assert.deepEqual(rows[2], {
    a: 2n,
    float16: 2,
    float32: 2,
    float64: 2,
    int8: 2,
    int16: 2,
    int32: 2,
    uint8: 2,
    uint16: 2,
    uint32: 2,
    bool: true,
  });
});

for (const codec of ['uncompressed', 'snappy', 'gzip', 'zstd', 'lz4_raw', 'brotli'])
  test(`a file in ${codec}, with dictionaries and without, is read`, async (t) => {
    const { rows } = await addSum(
      t,
      `SELECT range % 3 AS few, hash(range)::VARCHAR AS many, ['rot', 'grün'][range % 2 + 1] AS color FROM range(5000)`,
      [0],
      { write: `, COMPRESSION ${codec}` },
    );
    assert.equal(rows.length, 5000);
    assert.deepEqual([rows[4999]!['sum'], rows[4999]!['color']], [1, 'grün']);
  });

test('a thousand columns are copied, and all of them are read', async (t) => {
  const columns = Array.from({ length: 1000 }, (_, at) => `(range + ${at})::FLOAT AS "column ${at}"`);
  const { rows } = await addSum(
    t,
    `SELECT ${columns.join(', ')} FROM range(3)`,
    columns.map((_, at) => at),
  );
  assert.deepEqual(
    rows.map(({ sum }) => sum),
    [499_500, 500_500, 501_500],
  );
});

test('columns are chosen and put in any order', async (t) => {
  const { rows } = await addSum(t, `SELECT 1 AS a, 'x' AS b, 3 AS c`, [0, 2], {
    columns: [{ field: 0 }, { input: 1 }],
  });
  assert.deepEqual(rows, [{ sum: 4, b: 'x' }]);
});

test('names that one Parquet file of DuckDB cannot hold together are refused', async (t) => {
  await assert.rejects(
    addSum(t, `SELECT 1 AS a`, [0], { fields: [{ name: 'A', dtype: 'float64' }] }),
    failsWith('INVALID_INPUT', /their names "a" and "A" differ only in case/),
  );
  const { rows } = await addSum(t, `SELECT 1 AS "é"`, [0], { fields: [{ name: 'É', dtype: 'float64' }] });
  assert.deepEqual(rows, [{ é: 1, É: 1 }]);
});

test('what the work throws ends the copy, and comes out as it is', async (t) => {
  const failure = new Error('enough');
  await assert.rejects(
    addSum(t, `SELECT nullif(range, 5000) AS a FROM range(10000)`, [0], {
      onRejected() {
        throw failure;
      },
    }),
    (error) => error === failure,
  );
});

const readable: [type: CellType, sql: string, value: unknown][] = [
  ['float32', '0.1::DOUBLE', Math.fround(0.1)],
  ['float64', '12345678901234567.89::DECIMAL(38,2)', 12345678901234568],
  ['float64', '(-0.05)::DECIMAL(3,2)', -0.05],
  ['float32', '9007199254740993::BIGINT', 9007199254740992],
  ['float64', 'true', 1],
  ['int64', '9007199254740993::BIGINT', 9007199254740993n],
  ['uint64', '18446744073709551615::UBIGINT', 18446744073709551615n],
  ['int32', '3.0::DOUBLE', 3],
  ['int8', '(-128)::INTEGER', -128],
  ['int64', '7.00::DECIMAL(5,2)', 7n],
  ['bool', '1::INTEGER', 1],
  ['bool', 'false', 0],
];
const unreadable: [type: CellType, sql: string, reason: RegExp][] = [
  ['int64', '1.5::DOUBLE', /^"1.5" is not an integer$/],
  ['int64', '1.50::DECIMAL(5,2)', /^"1.50" is not an integer$/],
  ['int64', "'infinity'::DOUBLE", /^"Infinity" is not an integer$/],
  ['int64', '1e300::DOUBLE', /out of range for int64/],
  ['int8', '128::INTEGER', /^"128" is out of range for int8$/],
  ['uint8', '(-1)::INTEGER', /out of range for uint8/],
  ['uint32', '4294967296::BIGINT', /out of range for uint32/],
  ['float32', '1e300::DOUBLE', /out of range for float32/],
  ['bool', '2::INTEGER', /neither true nor false/],
  ['int32', 'NULL::INTEGER', /^missing$/],
  ['int32', "'nan'::DOUBLE", /^missing \(NaN\)$/],
];

test('values become the type of an input exactly, or the row is rejected', async (t) => {
  const arrays: Partial<Record<CellType, () => CellTarget['into']>> = {
    float32: () => new Float32Array(capacity),
    float64: () => new Float64Array(capacity),
    int8: () => new Int8Array(capacity),
    int32: () => new Int32Array(capacity),
    int64: () => new BigInt64Array(capacity),
    uint8: () => new Uint8Array(capacity),
    uint32: () => new Uint32Array(capacity),
    uint64: () => new BigUint64Array(capacity),
    bool: () => new Uint8Array(capacity),
  };
  const folder = tempFolder(t);
  const all = [...readable, ...unreadable];
  await writeParquet(
    join(folder, 'in.parquet'),
    `SELECT ${all.map(([, sql], at) => `${sql} AS c${at}`).join(', ')}`,
  );
  for (const [at, [type, sql, expected]] of all.entries()) {
    const { table, target } = await openTable(
      t,
      join(folder, 'in.parquet'),
      join(folder, `out${at}.parquet`),
    );
    const into = arrays[type]?.() ?? [];
    const rejected: RejectedValue[] = [];
    let value: unknown;
    await copyWithOutputs(
      {
        table,
        targets: [{ column: at, type, into, offset: 0, stride: 1 }],
        onMissing: 'reject',
        fields: [{ name: 'y', dtype: 'bool' }],
        columns: [{ field: 0 }],
        range: { from: 0, to: 1 },
        target,
        targetName: 'out',
        leavesOut: true,
      },
      {
        compute() {
          value = into[0];
          return { values: [{ data: new Uint8Array(1), offset: 0, stride: 1 }] };
        },
        onRejected: (rows) => void rejected.push(...rows),
        onProgress: () => undefined,
      },
    );
    if (expected instanceof RegExp) assert.match(rejected[0]?.reason ?? '', expected, `${sql} as ${type}`);
    else assert.deepEqual([value, rejected], [expected, []], `${sql} as ${type}`);
  }
});
