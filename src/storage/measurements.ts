import type { RegistryEvent } from '../core/events/event.ts';
import type { Measurement, MeasurementHeader, MeasurementKind } from '../core/measurements/measurement.ts';
import type { ModelName } from '../core/versions/reference.ts';
import type { Version } from '../core/versions/version.ts';
import type { Authorship } from './events.ts';
import type { Page } from './page.ts';

/**
 * Typed records of versions. The kind parses each result when it is read, by the schema that it was
 * stored with; the store knows no kinds. A record that its kind cannot parse is still found, with
 * the reason. A measurement never changes.
 */
export interface MeasurementStore {
  /**
   * Stores a measurement with the current schema of its kind, and the event that records it.
   * INVALID_INPUT for a result that the kind cannot parse, NOT_FOUND for a version that does not
   * exist or was deleted. Rejects an id that is in use.
   */
  addMeasurement<Result extends object>(
    kind: MeasurementKind<Result>,
    input: Authorship & NewMeasurement<Result>,
  ): Promise<RegistryEvent>;
  /**
   * Newest first, without those of deleted versions. The key is the sequence number of the event
   * that recorded a measurement.
   */
  measurements<Result extends object>(
    kind: MeasurementKind<Result>,
    query: MeasurementQuery,
  ): Promise<Page<Measurement<Result>, number>>;
  /**
   * Undefined if no measurement of the kind has this id. Those of deleted versions are found too.
   */
  measurement<Result extends object>(
    kind: MeasurementKind<Result>,
    id: string,
  ): Promise<Measurement<Result> | undefined>;
  /** Ids of a kind's measurements that start with `prefix`, in their order, at most `limit`. */
  measurementIds(kind: { name: string }, prefix: string, limit: number): Promise<string[]>;
  /** The samples stored with that id, byte for byte; undefined for an unknown id. */
  samples(id: string): Promise<Uint8Array | undefined>;
}

export interface NewMeasurement<Result> extends Omit<MeasurementHeader, 'kind' | 'schema' | 'at'> {
  /** JSON. */
  result: Result;
  /** Raw values beside the result, in an encoding of the kind; may be empty. */
  samples: Uint8Array;
}

export interface MeasurementQuery {
  model?: ModelName;
  /** Of that model. */
  version?: Version;
  fingerprint?: string;
  /** Only those recorded at this time or later, epoch milliseconds. */
  since?: number;
  /** Only those recorded at this time or earlier, epoch milliseconds. */
  until?: number;
  /** Clocks later than this are not trusted for `since` and `until`, as in `MovesAtQuery`. */
  now?: number;
  /** Only those that an event with a lower sequence number recorded. */
  before?: number;
  limit: number;
}
