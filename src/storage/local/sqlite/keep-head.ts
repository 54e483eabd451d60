import type { Head, HeadState, LostHistory } from '../../head.ts';
import { readHead, writeHead } from '../home/head-file.ts';
import { isBusy, sqliteCode } from './busy-retry.ts';
import type { SqliteConnection } from './connection.ts';
import { asStoreError } from './sqlite-errors.ts';

/** Compares the note with the chain. */
export function compareHead(connection: SqliteConnection, noted: Head | undefined): HeadState {
  try {
    const end = connection.prepare('select seq, hash from events order by seq desc limit 1');
    const last = end.get() as Head | undefined;
    const known = { ...(last === undefined ? {} : { last }), ...(noted === undefined ? {} : { noted }) };
    if (noted === undefined || isInChain(connection, noted)) return { ...known, lost: null };
    const accepted = connection.prepare(
      `select 1 from events where action = 'accept-history' and json_extract(body, '$.details.lost.hash') = ?`,
    );
    const isAccepted = accepted.get(noted.hash) !== undefined;
    return { ...known, lost: isAccepted ? null : lostHistory(last?.seq ?? 0, noted) };
  } catch (error) {
    throw asStoreError(error);
  }
}

function isInChain(connection: SqliteConnection, { seq, hash }: Head): boolean {
  const found = connection.prepare('select hash from events where seq = ?').get(seq);
  return (found as { hash: unknown } | undefined)?.hash === hash;
}

/**
 * Updates the file `head` of a home; no transaction may be open on the connection. It takes the
 * write lock, so that no event is added meanwhile and no other process writes an older note. If
 * another process holds the lock, that process updates the file afterwards, with or without an
 * event of its own, so this does not wait for it. If the file cannot be written, it lags behind.
 */
export function updateHead(connection: SqliteConnection, home: string): void {
  try {
    if (!lockAtOnce(connection)) return;
    try {
      const noted = readHead(home);
      const { last, lost } = compareHead(connection, noted);
      if (lost !== null || last === undefined || last.hash === noted?.hash) return;
      writeHead(home, last, noted === undefined);
    } finally {
      connection.database.exec('rollback');
    }
  } catch (error) {
    // The commit stands: a full disk, or a file of another user, only makes the note lag behind.
    if (!(error instanceof Error && 'code' in error)) throw error;
  }
}

/** The connection for changes does not wait within SQLite. */
function lockAtOnce({ database }: SqliteConnection): boolean {
  try {
    database.exec('begin immediate');
    return true;
  } catch (error) {
    if (isBusy(error) || sqliteCode(error) !== undefined) return false;
    throw error;
  }
}

/** Describes a database whose chain ends at `end` and lacks the event that `head` notes. */
export function lostHistory(end: number, noted: Head): LostHistory {
  const problem =
    end < noted.seq
      ? `mlreg.db is older than the last one written: it ends at event ${end}, but event ${noted.seq} was recorded`
      : `mlreg.db is another database: its event ${noted.seq} is not the one recorded before`;
  const advice = 'restore the newest mlreg.db with its mlreg.db-wal, or accept this history';
  return { problem, advice };
}
