import type { MetadataStore } from '../../src/storage/metadata-store.ts';
import type { Cleanup } from '../support/temp-folder.ts';
import { changeContract } from './changes.contract.ts';
import { collectionContract } from './collection.contract.ts';
import { eventContract } from './events.contract.ts';
import { gateEventContract } from './gate-events.contract.ts';
import { goldenContract } from './golden.contract.ts';
import { importContract } from './imports.contract.ts';
import { measurementContract } from './measurements.contract.ts';
import { registrationContract } from './registration.contract.ts';
import { stageContract } from './stages.contract.ts';
import { versionContract } from './versions.contract.ts';

/**
 * Opens a store of a registry that was just made, with stages staging and production and nothing
 * else.
 */
export type OpenStore = (test: Cleanup) => Promise<MetadataStore>;

/** What every metadata store promises, port by port: the sentences of src/storage. */
export function metadataStoreContract(name: string, open: OpenStore): void {
  // versions.ts
  registrationContract(name, open);
  importContract(name, open);
  versionContract(name, open);
  changeContract(name, open);
  goldenContract(name, open);
  // stages.ts
  stageContract(name, open);
  gateEventContract(name, open);
  // events.ts
  eventContract(name, open);
  // measurements.ts
  measurementContract(name, open);
  // collection.ts
  collectionContract(name, open);
}
