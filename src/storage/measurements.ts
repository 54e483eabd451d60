import type { ModelName } from '../core/versions/model-name.ts';
import type { Version } from '../core/versions/version.ts';
import type { BenchRecord } from '../core/versions/version-record.ts';
import type { Authorship } from './events.ts';
import type { Page } from './page.ts';

/** What was measured of versions. */
export interface MeasurementStore {
  addBench(input: Authorship & { bench: BenchRecord; samples: Uint8Array }): Promise<void>;
  /** Newest first. */
  benches(name: ModelName, version: Version, limit: number): Promise<BenchRecord[]>;
  /**
   * Of all models, of one or of a version, newest first, without those of deleted versions. The key
   * is the sequence number of the event that recorded a bench.
   */
  benchPage(query: BenchQuery): Promise<Page<BenchRecord, number>>;
  /** Undefined for an unknown id. Those of a deleted version are found, too. */
  bench(id: string): Promise<BenchRecord | undefined>;
  /** Ids of benches that start with `prefix`, in their order, at most `limit`. */
  benchIds(prefix: string, limit: number): Promise<string[]>;
  /** The samples that `addBench` was given with that id, byte for byte; undefined for an unknown id. */
  benchSamples(id: string): Promise<Uint8Array | undefined>;
}

export interface BenchQuery {
  model?: ModelName;
  /** Of that model. */
  version?: Version;
  /** Only those that an event with a lower sequence number recorded. */
  before?: number;
  limit: number;
}
