import { sql, type Kysely } from 'kysely';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { failure, type Finding } from '../../diagnosis.ts';
import { migrations } from '../../sql/migrations.ts';
import type { Tables } from '../../sql/tables.ts';
import type { WaitOptions } from './busy-retry.ts';
import { lacksOnlyDatabase } from './create-database.ts';
import { openSqlite } from './open-sqlite.ts';

type Db = Kysely<Tables>;

/**
 * The settings that make an acknowledged write durable, by the names and numbers of SQLite's
 * pragmas. The first is kept in the file.
 */
const promised: [pragma: string, value: string | number, shown: string][] = [
  ['journal_mode', 'wal', 'wal'],
  ['synchronous', 2, 'full'],
  ['foreign_keys', 1, 'on'],
  ['trusted_schema', 0, 'off'],
  ['cell_size_check', 1, 'on'],
  ['busy_timeout', 50, '50 ms'],
];
const largeWalBytes = 100e6;
const mostProblems = 5;

/**
 * Checks the database of a home, opened as every command opens it but without changing it. `id` is
 * the one in registry.json.
 */
export async function diagnoseSqlite(home: string, id: string, wait: WaitOptions): Promise<Finding[]> {
  const path = join(home, 'mlreg.db');
  // Closing the last connection merges the log into the database.
  const walBytes = statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0;
  const findings: Finding[] = [];
  try {
    if (await lacksOnlyDatabase(home)) {
      const observed = 'no database yet, and no blobs; the next command creates it';
      return [{ check: 'database', about: 'database', status: 'warn', observed, command: 'list' }];
    }
    const { db, registryId, schemaOnDisk, close } = await openSqlite({
      path,
      create: false,
      asIs: true,
      ...wait,
    });
    try {
      findings.push(identity(registryId, id, schemaOnDisk), await settings(db), await quickCheck(db));
    } finally {
      await close();
    }
  } catch (error) {
    findings.push(failure('database', 'database', error));
  }
  return [...findings, walFinding(walBytes)];
}

function identity(registryId: string | undefined, id: string, schema: number): Finding {
  const base = { check: 'database', about: 'database' } as const;
  if (registryId === id) {
    const next = schema < migrations.length ? ` (the next command upgrades it to ${migrations.length})` : '';
    return { ...base, status: 'ok', observed: `schema ${schema}${next}, registry ${id}` };
  }
  return {
    ...base,
    status: 'fail',
    observed: `registry.json has id ${id}, mlreg.db has ${registryId === undefined ? 'no id' : `id ${registryId}`}`,
    advice: 'restore both from the same backup',
    code: 'INTEGRITY',
  };
}

async function settings(db: Db): Promise<Finding> {
  const [version] = await values(db, 'select sqlite_version()');
  const shown: string[] = [];
  const wrong: string[] = [];
  for (const [pragma, value, name] of promised) {
    const [actual] = await values(db, `pragma ${pragma}`);
    if (actual !== value) wrong.push(pragma);
    shown.push(`${pragma} ${actual === value ? name : String(actual)}`);
  }
  const observed = `SQLite ${String(version)}: ${shown.join(', ')}`;
  const base = { check: 'settings', about: 'database', observed } as const;
  if (wrong.length === 0) return { ...base, status: 'ok' };
  if (wrong.length === 1 && wrong[0] === 'journal_mode') {
    const advice = 'another program changed journal_mode; the next command sets it back to wal';
    return { ...base, status: 'warn', advice, command: 'list' };
  }
  const advice = `required: ${promised.map(([pragma, , name]) => `${pragma} ${name}`).join(', ')}`;
  return { ...base, status: 'fail', advice, code: 'STORAGE' };
}

async function quickCheck(db: Db): Promise<Finding> {
  const base = { check: 'quick-check', about: 'database' } as const;
  try {
    const problems = (await values(db, `pragma quick_check(${mostProblems})`)).map(String);
    if (problems.length === 1 && problems[0] === 'ok')
      return { ...base, status: 'ok', observed: 'quick_check passed' };
    return {
      ...base,
      status: 'fail',
      observed: problems.join('; '),
      advice: 'keep the file and restore mlreg.db from a backup; for details',
      command: 'verify',
      code: 'INTEGRITY',
    };
  } catch (error) {
    return failure('quick-check', 'database', error);
  }
}

function walFinding(bytes: number): Finding {
  const base = { check: 'wal', about: 'database', observed: `${bytes} bytes in mlreg.db-wal` } as const;
  if (bytes <= largeWalBytes) return { ...base, status: 'ok' };
  const advice = 'SQLite empties it when no command uses the database any more: look for one that hangs';
  return { ...base, status: 'warn', advice };
}

/** The first column of the rows that a statement returns. */
async function values(db: Db, statement: string): Promise<unknown[]> {
  const { rows } = await sql.raw<Record<string, unknown>>(statement).execute(db);
  return rows.map((row) => Object.values(row)[0]);
}
