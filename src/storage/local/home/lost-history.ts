import type { Head, LostHistory } from '../../head.ts';

/** A database that ends at `end` and lacks the event that `head` notes. */
export function lostHistory(end: number, noted: Head): LostHistory {
  const problem =
    end < noted.seq
      ? `mlreg.db is older than the last one written: it ends at event ${end}, but event ${noted.seq} was recorded`
      : `mlreg.db is another database: its event ${noted.seq} is not the one recorded before`;
  const advice = 'restore the newest mlreg.db with its mlreg.db-wal, or accept this history';
  return { problem, advice };
}
