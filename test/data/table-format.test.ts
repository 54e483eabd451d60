import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkFirstBytes, parseTableKind, tableKindOf, tableKindWord } from '../../src/data/table-format.ts';
import { isMlregError } from '../../src/core/errors.ts';

test('the end of a name tells format and compression, in any case of letters', () => {
  const words = ['a.csv', 'b.TSV.GZ', '/tmp/x.y/c.ndjson', 'd.jsonl.zst', 'e.parquet', '.csv'].map((name) =>
    tableKindWord(tableKindOf(name, '--input-format')),
  );
  assert.deepEqual(words, ['csv', 'tsv.gz', 'jsonl', 'jsonl.zst', 'parquet', 'csv']);
});

test('another name is refused with the endings and the option that says the format', () => {
  for (const name of ['data', 'data.txt', 'csv.d/data', 'x.parquet.gz', 'x.csv.bz2', 'acsv'])
    assert.throws(
      () => tableKindOf(name, '--input-format'),
      (error: unknown) => isMlregError(error, 'INVALID_INPUT') && error.hint.includes('--input-format csv'),
      name,
    );
});

test('a word says format and compression; another word is refused', () => {
  assert.deepEqual(parseTableKind('--input-format', 'csv.gz'), { format: 'csv', compression: 'gzip' });
  assert.deepEqual(parseTableKind('--input-format', 'jsonl'), { format: 'jsonl', compression: 'none' });
  for (const word of ['', 'CSVX', '.csv', 'a.csv', 'a.csv.gz', 'parquet.gz', 'gz'])
    assert.throws(() => parseTableKind('--input-format', word), /invalid --input-format/, word);
});

test('first bytes of another kind are named, with what to say instead', () => {
  const csv = parseTableKind('--input-format', 'csv');
  const check = (kind: typeof csv, bytes: number[] | string) => () =>
    checkFirstBytes(kind, Buffer.from(bytes as string), 'data.csv', '--input-format');
  assert.throws(check(csv, [0x1f, 0x8b, 8, 0]), /data\.csv is gzip, although its format is csv/);
  assert.throws(check(csv, [0xff, 0xfe, 0x61, 0]), /UTF-16/);
  assert.throws(check(csv, 'PAR1'), /is parquet/);
  assert.throws(
    check({ format: 'csv', compression: 'gzip' }, 'a,b\n'),
    /is not gzip, although its format is csv\.gz/,
  );
  for (const fine of ['a,b\n', '', '\ufeffa']) check(csv, fine)();
  check({ format: 'tsv', compression: 'zstd' }, [0x28, 0xb5, 0x2f, 0xfd])();
});
