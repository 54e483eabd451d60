import type { ModelName } from '../versions/reference.ts';
import type { Version } from '../versions/version.ts';

/**
 * A kind of measurement of versions, such as `bench`. Each kind is declared in one file of the room
 * that measures it. There is no list of all kinds, and a store needs to know none of them.
 */
export interface MeasurementKind<Result extends object> {
  /** The kind's name in rows and events. It never changes, and is unique. */
  readonly name: string;
  /**
   * The schema of results that are stored now: 1, 2, 3 … Increase it if a reader of the previous
   * schema would misread a result; added members alone do not count.
   */
  readonly schema: number;
  /**
   * Checks and returns a stored result of this or an earlier schema. It must not load other
   * modules: `show` reads results too.
   */
  read(result: unknown, schema: number): Readable<Result>;
  /** Facts for the event of a measurement, so that history can show them without the result. */
  summary?(result: Result): Record<string, unknown>;
}

/**
 * `unreadable`: why the result cannot be read; no version of mlreg wrote it, or only a newer one:
 * `its result has no plan`.
 */
export type Readable<Result> =
  | { result: Result; unreadable?: undefined }
  | { result?: undefined; unreadable: string };

/** A measurement without its result. */
export interface MeasurementHeader {
  id: string;
  kind: string;
  /** See `MeasurementKind.schema`. */
  schema: number;
  model: ModelName;
  version: Version;
  /** When it was recorded, epoch milliseconds. */
  at: number;
  /**
   * Fingerprint of the conditions: only measurements of one kind with equal fingerprints can be
   * compared.
   */
  fingerprint: string;
  /** `ok`, or a word of its kind for what ended it before there was a full result. */
  status: string;
}

export type Measurement<Result> = MeasurementHeader & Readable<Result>;

/** Reads a stored result as a kind, except a result of a newer schema. */
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
