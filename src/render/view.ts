import type { ChalkInstance } from 'chalk';

/** What a view may use to draw for people. */
export interface Style {
  color: ChalkInstance;
  /** Columns of the terminal. */
  width: number;
  /** Epoch milliseconds, for "3 hours ago". */
  now: number;
}

/** How one kind of result is shown. Views only turn values into text; what they show of others' text, they escape. */
export interface View<Result> {
  /** The object that `--json` prints, without what every command adds. */
  json(result: Result): Record<string, unknown>;
  /** For a terminal. */
  text(result: Result, style: Style): string;
  /** For a pipe: one row a line, values separated by tabs, times in ISO 8601. */
  plain(result: Result): (string | number | boolean | null)[][];
  /** For `--quiet`: the bare reference or digest. */
  quiet(result: Result): string[];
}
