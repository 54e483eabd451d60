import { MlregError } from '../../../core/errors.ts';

/** Older libraries can corrupt a WAL that several processes use (sqlite.org, "WAL-reset bug"). */
const oldestSafe = [3, 51, 3];

/** STORAGE for a version, such as `3.51.2`, of the SQLite library that is not to be trusted with a registry. */
export function refuseUnsafeSqlite(version: string): void {
  const numbers = version.split('.').map(Number);
  for (const [index, oldest] of oldestSafe.entries()) {
    const number = numbers[index] ?? 0;
    if (number > oldest) return;
    if (number < oldest) {
      throw new MlregError(
        'STORAGE',
        `SQLite ${version} has a bug that can corrupt a database used by several processes`,
        {
          hint: `install better-sqlite3 with SQLite ${oldestSafe.join('.')} or newer: npm install`,
        },
      );
    }
  }
}
