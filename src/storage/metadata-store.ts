import type { CollectionStore } from './collection.ts';
import type { EventStore } from './events.ts';
import type { MeasurementStore } from './measurements.ts';
import type { StageStore } from './stages.ts';
import type { VersionKey, VersionStore } from './versions.ts';

/**
 * All that is known about versions, stages, events and measurements. Every method is one atomic
 * change or one consistent read and carries its own precondition: no transaction crosses this
 * interface. A change is durable when it resolves, appends an event unless it changes nothing, and
 * waits for other writers up to the time the store was opened with, then rejects BUSY. STORAGE: the
 * medium fails; INTEGRITY: what is stored cannot be right.
 *
 * Whoever needs a part takes that part's interface.
 */
export interface MetadataStore
  extends VersionStore, StageStore, EventStore, MeasurementStore, CollectionStore {
  registry(): Promise<RegistryInfo>;
  /**
   * Problems of the store itself: its own consistency check, rows against events. Empty when sound.
   * With `only`, just that version's facts, tags, parents and yank against their events.
   */
  check(only?: VersionKey): Promise<{ problem: string; subject: string }[]>;
  close(): Promise<void>;
}

export interface RegistryInfo {
  id: string;
  /** Epoch milliseconds. */
  createdAt: number;
}
