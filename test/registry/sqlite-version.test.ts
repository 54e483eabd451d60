import assert from 'node:assert/strict';
import { test } from 'node:test';
import Database from 'better-sqlite3';
import { refuseUnsafeSqlite } from '../../src/storage/local/sqlite/open-file.ts';
import { failsWith } from '../support/temp-folder.ts';

test('a SQLite library that can corrupt a registry is refused, with what to install', () => {
  for (const version of ['3.51.2', '3.50.4', '3.9.9', '2.99.99', '3.51'])
    assert.throws(() => refuseUnsafeSqlite(version), failsWith('STORAGE', /can corrupt a database/), version);
  for (const version of ['3.51.3', '3.51.10', '3.52.0', '4.0.0']) refuseUnsafeSqlite(version);
});

test('the one that comes along is not', () => {
  const database = new Database(':memory:');
  refuseUnsafeSqlite(String(database.prepare('select sqlite_version()').pluck().get()));
  database.close();
});
