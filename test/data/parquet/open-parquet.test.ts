import assert from 'node:assert/strict';
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { openLocked } from '../../../src/data/parquet/locked-database.ts';
import { openParquet } from '../../../src/data/parquet/parquet-table.ts';
import { openTable, writeParquet } from '../../support/parquet-files.ts';
import { failsWith, tempFolder } from '../../support/temp-folder.ts';

test('the schema has the names of the file, and types with their kinds', async (t) => {
  const path = join(tempFolder(t), 'in.parquet');
  await writeParquet(
    path,
    `SELECT 1::TINYINT AS "Größe", 2::UBIGINT AS u, 1.5 AS dec, 0.5::FLOAT AS f, true AS flag, 'x' AS text,
     {'a': 1, 'b': [{'c': 2}]} AS nested, MAP {'k': 1} AS map, DATE '2020-01-01' AS day, 'ab'::BLOB AS bytes`,
  );
  const { table } = await openTable(t, path);
  assert.equal(table.rows, 1);
  assert.deepEqual(
    table.columns.map(({ name, kind, typeName }) => [name, kind, typeName]),
    [
      ['Größe', 'integer', 'TINYINT'],
      ['u', 'bigint', 'UBIGINT'],
      ['dec', 'decimal', 'DECIMAL(2,1)'],
      ['f', 'double', 'FLOAT'],
      ['flag', 'boolean', 'BOOLEAN'],
      ['text', 'text', 'VARCHAR'],
      ['nested', 'other', 'STRUCT("a" INTEGER, "b" STRUCT("c" INTEGER)[])'],
      ['map', 'other', 'MAP(VARCHAR, INTEGER)'],
      ['day', 'other', 'DATE'],
      ['bytes', 'other', 'BLOB'],
    ],
  );
});

test('a file that is damaged, cut short or something else is refused with one clear error', async (t) => {
  const folder = tempFolder(t);
  const path = join(folder, 'in.parquet');
  await writeParquet(path, `SELECT range AS a, 'x' || range AS b FROM range(10000)`);
  const whole = readFileSync(path);
  const footer = Buffer.from(whole);
  footer.fill(0xff, whole.length - 400, whole.length - 100);
  const hugeFooter = Buffer.from(whole);
  hugeFooter.writeUInt32LE(0x7fffffff, whole.length - 8);
  const files: Record<string, Buffer> = {
    empty: Buffer.alloc(0),
    'only the magic': Buffer.from('PAR1'),
    'the magic twice': Buffer.from('PAR1PAR1'),
    'no footer': Buffer.from('PAR1\0\0\0\0PAR1'),
    truncated: whole.subarray(0, whole.length - 50),
    'first half': whole.subarray(0, whole.length >> 1),
    'damaged footer': footer,
    'huge footer': hugeFooter,
    encrypted: Buffer.concat([Buffer.from('PARE'), whole.subarray(4, -4), Buffer.from('PARE')]),
    csv: Buffer.from('a,b\n1,2\n'.repeat(100)),
    xlsx: Buffer.concat([Buffer.from('PK\u0003\u0004'), Buffer.alloc(1000)]),
    json: Buffer.from('[{"a":1}]\n'.repeat(100)),
    sqlite: Buffer.concat([Buffer.from('SQLite format 3\0'), Buffer.alloc(4096)]),
  };
  for (const [name, bytes] of Object.entries(files)) {
    const place = join(folder, `${name}.parquet`);
    writeFileSync(place, bytes);
    await assert.rejects(
      openTable(t, place),
      (error: Error) => {
        failsWith('INVALID_INPUT', /^in\.parquet is damaged or no Parquet file: /)(error);
        assert.doesNotMatch(error.message, /proc|fd\/|LINE|\n/, name);
        return true;
      },
      name,
    );
  }
});

test('nothing but the given files can be opened, whatever the statement is', async (t) => {
  const folder = tempFolder(t);
  const given = join(folder, 'given.parquet');
  const other = join(folder, 'other.parquet');
  await writeParquet(given, 'SELECT 1 AS a');
  await writeParquet(other, 'SELECT 2 AS a');
  writeFileSync(join(folder, 'other.csv'), 'a\n1\n');
  const descriptor = openSync(given, 'r');
  t.after(() => closeSync(descriptor));
  const database = await openLocked([descriptor]);
  t.after(() => database.close());
  const { connection } = database;
  const table = await openParquet(database, descriptor, 'given.parquet');
  assert.equal(table.rows, 1);
  const statements = [
    `SELECT * FROM read_parquet('${other}')`,
    `SELECT * FROM '${other}'`,
    `SELECT * FROM read_parquet('${folder}/*.parquet')`,
    `SELECT * FROM read_csv('${folder}/other.csv')`,
    `SELECT * FROM read_text('/etc/passwd')`,
    `SELECT * FROM glob('/etc/*')`,
    `SELECT * FROM read_parquet('http://127.0.0.1:9/a.parquet')`,
    `SELECT * FROM read_parquet('https://127.0.0.1:9/a.parquet')`,
    `SELECT * FROM read_parquet('s3://bucket/a.parquet')`,
    `SELECT * FROM read_parquet('hf://datasets/a/b.parquet')`,
    `SELECT * FROM '${folder}/a.xlsx'`,
    `COPY (SELECT 1) TO '${folder}/new.csv'`,
    `ATTACH '${folder}/new.db'`,
    `EXPORT DATABASE '${folder}/export'`,
    'INSTALL httpfs',
    'LOAD httpfs',
    `SET enable_external_access=true`,
    `SET allowed_paths=['${other}']`,
    `SET autoinstall_known_extensions=true`,
    `SET lock_configuration=false`,
    `SET temp_directory='${folder}/temp'`,
    `SET threads=8`,
  ];
  for (const statement of statements)
    await assert.rejects(
      connection.run(statement),
      /Permission Error|locked|disabled|Cannot change|not allowed|blocked|HTTP|requires the extension|does not exist/i,
      statement,
    );
});

test('names with globs, quotes and endings of other formats open that file and no other', async (t) => {
  const folder = tempFolder(t);
  await writeParquet(join(folder, 'data1.parquet'), 'SELECT 1 AS a');
  for (const name of [
    'data[1].parquet',
    'data*.parquet',
    'data?.parquet',
    "it's {a,b}.parquet",
    'a.xlsx',
    'x.csv.gz',
  ]) {
    await writeParquet(join(folder, name), 'SELECT 2 AS a FROM range(7)');
    const { table } = await openTable(t, join(folder, name));
    assert.equal(table.rows, 7, name);
  }
});

test('names that differ only in case, and the same name twice, stay apart', async (t) => {
  const path = join(tempFolder(t), 'in.parquet');
  // DuckDB cannot write such names, so the bytes are changed afterwards.
  await writeParquet(path, 'SELECT 1 AS abc, 2 AS xyz, 3 AS ABD');
  const bytes = readFileSync(path);
  for (let at = bytes.indexOf('xyz'); at >= 0; at = bytes.indexOf('xyz')) bytes.write('abc', at);
  for (let at = bytes.indexOf('ABD'); at >= 0; at = bytes.indexOf('ABD')) bytes.write('ABC', at);
  writeFileSync(path, bytes);
  const { table } = await openTable(t, path);
  assert.deepEqual(
    table.columns.map(({ name }) => name),
    ['abc', 'abc', 'ABC'],
  );
  const result = await table.database.connection.runAndReadAll(`SELECT c0, c1, c2 FROM ${table.source}`);
  assert.deepEqual(result.getRowsJson(), [[1, 2, 3]]);
});
