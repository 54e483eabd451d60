import { MlregError } from '../../../core/errors.ts';
import type { WaitOptions } from './busy-retry.ts';
import { SqliteConnection } from './connection.ts';
import { fileAt, openFile } from './open-file.ts';
import { asStoreError } from './sqlite-errors.ts';

/**
 * The connection for changes, opened by the first change: most commands only read. It never waits
 * within SQLite, which would block the whole process.
 */
export function lazyWriter(path: string, file: string | undefined, wait: WaitOptions) {
  let opening: Promise<SqliteConnection> | undefined;
  let connection: SqliteConnection | undefined;
  const open = async (): Promise<SqliteConnection> => {
    const how = { create: false, setMode: false, mayMigrate: false, timeout: 0 };
    const { database } = await openFile(path, how, wait);
    if (file !== undefined && fileAt(path, { mayBeMissing: true }) !== file) {
      database.close();
      throw replaced(path);
    }
    connection = new SqliteConnection(database, wait);
    return connection;
  };
  return {
    open: async () => {
      try {
        return await (opening ??= open());
      } catch (error) {
        opening = undefined;
        throw asStoreError(error);
      }
    },
    opened: () => {
      if (connection === undefined) throw new Error('no change has begun');
      return connection;
    },
    close: async () => void (await opening?.catch(() => undefined))?.database.close(),
  };
}

/** Reads and changes would use different files. */
function replaced(path: string): MlregError {
  return new MlregError('STORAGE', `nothing was changed: ${path} was replaced after it was opened`, {
    hint: 'run the command again',
  });
}
