import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mostColumns, readHeader } from '../../src/data/delimited-header.ts';
import { findJsonColumns } from '../../src/data/json-columns.ts';
import { failsWith } from '../support/temp-folder.ts';

test('a header of too many columns says how many, before anything is made for each', () => {
  const read = (columns: number): (() => unknown) => {
    const bytes = Buffer.from(`${'c,'.repeat(columns - 1)}c\n`);
    return () => readHeader(bytes, bytes.length, 44, 'wide.csv');
  };
  assert.throws(
    read(1_000_000),
    failsWith('INVALID_INPUT', /wide\.csv has 1000000 columns; the limit is 200000/),
  );
  read(mostColumns)();
});

test('JSON lines have no more columns than that', () => {
  const line = Buffer.from(`{"x":[${'1,'.repeat(mostColumns)}1]}\n`);
  assert.equal(findJsonColumns(line, line.length).paths.length, mostColumns);
});
