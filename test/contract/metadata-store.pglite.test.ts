import { pgliteStores } from '../support/pglite-store.ts';
import { metadataStoreContract } from './metadata-store.contract.ts';

/**
 * The same promises on PostgreSQL: its grammar, types, order of texts and errors. Not its locks,
 * since PGlite has one session: what several processes do to each other at once, and the lease that
 * keeps them apart, is tested on SQLite alone (transactions.sqlite.test.ts).
 */
metadataStoreContract('PostgreSQL', pgliteStores());
