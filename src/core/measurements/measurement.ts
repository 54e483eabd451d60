import type { ModelName } from '../versions/model-name.ts';
import type { Version } from '../versions/version.ts';

/**
 * What is measured of versions: `bench` is one kind. A kind is declared by the room that measures,
 * in one file; nothing lists all kinds, and a store needs to know none of them.
 */
export interface MeasurementKind<Result extends object> {
  /** In rows and events. Never changes, and no other kind has it. */
  readonly name: string;
  /**
   * Which schema the results have that are stored now: 1, 2, 3 … It grows when a reader of the one
   * before would read a result wrongly; members that are merely added do not count.
   */
  readonly schema: number;
  /**
   * A stored result of this or an earlier schema, checked. Loads nothing: `show` reads results,
   * too.
   */
  read(result: unknown, schema: number): Readable<Result>;
  /** What the event of a measurement says besides, so that history shows it without the result. */
  summary?(result: Result): Record<string, unknown>;
}

/**
 * `unreadable`: why no version of mlreg wrote this, or only a newer one: `its result has no plan`.
 */
export type Readable<Result> =
  | { result: Result; unreadable?: undefined }
  | { result?: undefined; unreadable: string };

/** A measurement beside a version, without what was measured. */
export interface MeasurementHeader {
  id: string;
  kind: string;
  /** See `MeasurementKind.schema`. */
  schema: number;
  model: ModelName;
  version: Version;
  /** When it was recorded, epoch milliseconds. */
  at: number;
  /** Of the conditions: only measurements of one kind with equal fingerprints can be compared. */
  fingerprint: string;
  /** `ok`, or what ended it before there was a full result: a word of its kind. */
  status: string;
}

export type Measurement<Result> = MeasurementHeader & Readable<Result>;

/** Reads what is stored as a kind, a result of a newer schema excepted. */
export function readResult<Result extends object>(
  kind: MeasurementKind<Result>,
  result: unknown,
  schema: number,
): Readable<Result> {
  if (schema <= kind.schema) return kind.read(result, schema);
  return {
    unreadable: `it has schema ${schema}, and this mlreg reads ${kind.name} up to schema ${kind.schema}`,
  };
}
