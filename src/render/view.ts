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
 * How one kind of result is shown. Views only turn values into text; what they show of others'
 * text, they escape. `Fields` are those of the verb's schema. `Text` is a promise where what a
 * terminal gets takes code or look-ups that the other forms do without.
 */
export interface View<
  Result,
  Fields = Record<string, unknown>,
  Text extends string | Promise<string> = string,
> {
  /** The object that `--json` prints, without what every command adds. */
  json(result: Result): Fields;
  /** For a terminal. */
  text(result: Result, style: Style): Text;
  /** For a pipe: one row a line, values separated by tabs, times in ISO 8601. */
  plain(result: Result): (string | number | boolean | null)[][];
  /** For `--quiet`: the bare reference or digest. */
  quiet(result: Result): string[];
  /**
   * For `--markdown`, where a command declares it, and for the summary of a CI job:
   * GitHub-flavoured, in which no text of others takes effect.
   */
  markdown?(result: Result): string;
  /** Where a CI job is told of the result; null: there is nothing that it could hand on. */
  outputs?(result: Result): StepOutputs | null;
}

/**
 * A view whose JSON has the fields of the schema, at every depth: one that the schema lacks fails
 * the type check under its name, as does one of the schema that the view never gives.
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
 * The names of the fields that `Wanted` lacks. What may be anything, or has any keys, lacks none.
 * `Depth` ends it where JSON nests itself.
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
