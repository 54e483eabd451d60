import type { CollectionStore } from '../../collection.ts';
import {
  beginCollection,
  endCollection,
  selectBlobsOfDeleted,
  selectCollections,
  selectUnneeded,
} from './collections.ts';
import type { Leases } from './leases.ts';
import { selectNeededBlobs, selectVersionsNeeding } from './needed-blobs.ts';
import type { Session } from '../session.ts';

export function sqlCollectionStore({ db, read, change, write }: Session, leases: Leases): CollectionStore {
  return {
    neededBlobs: ({ after, limit }) => read((trx) => selectNeededBlobs(trx, after, limit)),
    versionsNeeding: (digest, limit) => read((trx) => selectVersionsNeeding(trx, digest, limit)),

    lease: () => leases.take(),
    collections: () =>
      leases.settled(
        () => selectCollections(db()),
        async () => void (await change((trx) => endCollection(trx))),
      ),
    unneededBlobs: (digests) => read((trx) => selectUnneeded(trx, digests)),
    blobsOfDeleted: (query) => read((trx) => selectBlobsOfDeleted(trx, query)),
    beginCollection: (input) => change((trx) => beginCollection(trx, input)),
    endCollection: (input) => write(input, endCollection),
  };
}
