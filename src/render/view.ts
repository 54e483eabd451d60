import type { ChalkInstance } from 'chalk';
import type { GateVerdict } from '../core/events/gate-result.ts';

/** What a view may use to draw for people. */
export interface Style {
  color: ChalkInstance;
  /** Columns of the terminal. */
  width: number;
  /** Epoch milliseconds, for "3 hours ago". */
  now: number;
}

/** What a step of a CI job hands on to later ones. */
export interface StepOutputs {
  ref: string;
  version: string;
  digest: string;
  /** Of all gates together; null where there were none. */
  verdict: GateVerdict | null;
}

/**
 * How one kind of result is shown. Views only turn values into text; what they show of others' text, they escape. `Text` is a
 * promise where what a terminal gets takes code or look-ups that the other forms do without.
 */
export interface View<Result, Text extends string | Promise<string> = string> {
  /** The object that `--json` prints, without what every command adds. */
  json(result: Result): Record<string, unknown>;
  /** For a terminal. */
  text(result: Result, style: Style): Text;
  /** For a pipe: one row a line, values separated by tabs, times in ISO 8601. */
  plain(result: Result): (string | number | boolean | null)[][];
  /** For `--quiet`: the bare reference or digest. */
  quiet(result: Result): string[];
  /** For `--markdown`, where a command declares it, and for the summary of a CI job: GitHub-flavoured, in which no text of others takes effect. */
  markdown?(result: Result): string;
  /** Where a CI job is told of the result; null: there is nothing that it could hand on. */
  outputs?(result: Result): StepOutputs | null;
}
