import type Database from 'better-sqlite3';
import type { Head, HeadState } from '../../head.ts';
import { readHead, writeHead } from '../home/head-file.ts';
import { lostHistory } from '../home/lost-history.ts';
import { isBusy, sqliteCode } from './busy-retry.ts';
import { asStoreError } from './sqlite-errors.ts';

/** The file `head` beside the database: what makes an older database noticed that was put in its place. */
export interface HeadKeeper {
  /** What the file says now. Read it before the rows: it never leads them. */
  noted(): Head | undefined;
  /** Compares what was noted with the chain, on the one connection. */
  compare(noted: Head | undefined): HeadState;
  /** Brings the file up to date; without a transaction on the connection. Where it cannot be written, it lags. */
  update(): void;
}

/** `fixed`: what was noted when a private copy of the database was made; later notes may be of events that the copy lacks. */
export function headKeeper(
  database: Database.Database,
  home: string,
  fixed?: { noted: Head | undefined },
): HeadKeeper {
  const end = database.prepare('select seq, hash from events order by seq desc limit 1');
  const hashAt = database.prepare('select hash from events where seq = ?').pluck();
  const compare = (noted: Head | undefined): HeadState => {
    try {
      const last = end.get() as Head | undefined;
      const known = { ...(last === undefined ? {} : { last }), ...(noted === undefined ? {} : { noted }) };
      if (noted === undefined || hashAt.get(noted.seq) === noted.hash) return { ...known, lost: null };
      const accepted = database.prepare(
        `select 1 from events where action = 'accept-history' and json_extract(body, '$.details.lost.hash') = ?`,
      );
      const isAccepted = accepted.get(noted.hash) !== undefined;
      return { ...known, lost: isAccepted ? null : lostHistory(last?.seq ?? 0, noted) };
    } catch (error) {
      throw asStoreError(error);
    }
  };
  /**
   * Under the write lock, so that the last event is the last one, and no other process goes back behind it. Whoever holds the lock now ends
   * with this too, with or without an event of its own: nobody waits for it.
   */
  const update = (): void => {
    try {
      if (!lockAtOnce(database)) return;
      try {
        const noted = readHead(home);
        const { last, lost } = compare(noted);
        if (lost !== null || last === undefined || last.hash === noted?.hash) return;
        writeHead(home, last, noted === undefined);
      } finally {
        database.exec('rollback');
      }
    } catch (error) {
      // What was committed stands: a full disk, or a file of another user, only makes it lag.
      if (!(error instanceof Error && 'code' in error)) throw error;
    }
  };
  return { noted: fixed === undefined ? () => readHead(home) : () => fixed.noted, compare, update };
}

function lockAtOnce(database: Database.Database): boolean {
  database.pragma('busy_timeout = 0');
  try {
    database.exec('begin immediate');
    return true;
  } catch (error) {
    if (isBusy(error) || sqliteCode(error) !== undefined) return false;
    throw error;
  } finally {
    database.pragma('busy_timeout = 50');
  }
}
