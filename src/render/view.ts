import type { ChalkInstance } from 'chalk';
import type { GateVerdict } from '../core/events/gate-result.ts';

/** What a view needs to draw for people. */
export interface Style {
  color: ChalkInstance;
  /** Columns that text may take; Infinity where nothing limits it. */
  width: number;
  /** Epoch milliseconds, for "3 hours ago". */
  now: number;
}

/** What a step of a CI job passes to later steps. */
export interface StepOutputs {
  ref: string;
  version: string;
  digest: string;
  /** The verdict on all gates together; null if there were none. */
  verdict: GateVerdict | null;
}

/**
 * How one kind of result is shown. Views only turn values into text, and escape all text that comes
 * from users. `Fields` are those of the verb's schema. `Text` is a promise if the terminal's form
 * needs code or look-ups that the other forms do not.
 */
export interface View<
  Result,
  Fields = Record<string, unknown>,
  Text extends string | Promise<string> = string,
> {
  /** The object that `--json` prints, without what every command adds. */
  json(result: Result): Fields;
  /** For people: on a terminal, and with `--format table`. */
  text(result: Result, style: Style): Text;
  /**
   * For a pipe, and with `--format tsv`: one row a line, values separated by tabs, times in ISO
   * 8601.
   */
  plain(result: Result): (string | number | boolean | null)[][];
  /** For `--quiet`: the bare reference or digest. */
  quiet(result: Result): string[];
  /**
   * For `--markdown`, in commands that declare it, and for the summary of a CI job:
   * GitHub-flavoured, in which no user's text takes effect.
   */
  markdown?(result: Result): string;
  /**
   * The result is a document that users redirect into a file or a shell, such as a model card: only
   * a flag chooses another form of it, not `MLREG_FORMAT`.
   */
  document?: boolean;
  /** The outputs for a CI job; null if there are none. */
  outputs?(result: Result): StepOutputs | null;
}

/**
 * A view whose JSON has exactly the fields of the schema, at every depth: a field that the schema
 * lacks, or that the view never gives, fails the type check with its name.
 */
export function viewOf<Result, Fields, Text extends string | Promise<string> = string>() {
  return <Given extends View<Result, Fields, Text>>(
    view: Given & SameFields<ReturnType<Given['json']>, Fields>,
  ): View<Result, Fields, Text> => view;
}

type SameFields<Given, Fields> = [Extra<Given, Fields>] extends [never]
  ? [Extra<Fields, Given>] extends [never]
    ? unknown
    : { neverGiven: Extra<Fields, Given> }
  : { notInSchema: Extra<Given, Fields> };

/**
 * The names of the fields that `Wanted` lacks. A type that may be anything, or has any keys, lacks
 * none. `Depth` limits the recursion for JSON, which nests itself.
 */
type Extra<Given, Wanted, Depth extends 0[] = []> = Depth['length'] extends 8
  ? never
  : unknown extends Wanted
    ? never
    : unknown extends Given
      ? never
      : Given extends string | number | boolean | bigint | null | undefined
        ? never
        : Given extends readonly (infer Item)[]
          ? Extra<Item, Wanted extends readonly (infer WantedItem)[] ? WantedItem : never, [...Depth, 0]>
          : { [Key in keyof Given]-?: ExtraAt<Given, Wanted, Key, [...Depth, 0]> }[keyof Given];

type ExtraAt<Given, Wanted, Key extends keyof Given, Depth extends 0[]> = [Wanted] extends [never]
  ? never
  : Key extends KeysOf<Wanted>
    ? Extra<Given[Key], At<Wanted, Key>, Depth>
    : string extends Key
      ? never
      : Key;

type KeysOf<Whole> = Whole extends object ? keyof Whole : never;
type At<Whole, Key> = Whole extends object ? (Key extends keyof Whole ? Whole[Key] : never) : never;
