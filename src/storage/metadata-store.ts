import type { CollectionStore } from './collection.ts';
import type { EventStore } from './events.ts';
import type { MeasurementStore } from './measurements.ts';
import type { StageStore } from './stages.ts';
import type { VersionKey, VersionStore } from './versions.ts';

/**
 * Everything known about versions, stages, events and measurements. Every method is one atomic
 * change or one consistent read and carries its own precondition: no transaction crosses this
 * interface. A change is durable when it resolves, and appends an event unless it changes nothing.
 * It waits for other writers up to the time that the store was opened with, then rejects BUSY.
 * STORAGE: the medium fails; INTEGRITY: the stored data cannot be right.
 *
 * Code that needs only a part takes the interface of that part.
 */
export interface MetadataStore
  extends VersionStore, StageStore, EventStore, MeasurementStore, CollectionStore {
  registry(): Promise<RegistryInfo>;
  /**
   * Problems of the store itself, from its own consistency check and from comparing rows with
   * events. Empty if it is sound. With `only`, compares just that version's facts, tags, parents
   * and yank with their events.
   */
  check(only?: VersionKey): Promise<{ problem: string; subject: string }[]>;
  close(): Promise<void>;
}

export interface RegistryInfo {
  id: string;
  /** Epoch milliseconds. */
  createdAt: number;
}
