import { join } from 'node:path';
import { defaultStages } from '../../src/core/versions/reference.ts';
import { initializeRegistry } from '../../src/storage/sql/initialize.ts';
import { sqlMetadataStore } from '../../src/storage/sql/sql-metadata-store.ts';
import { openSqlite } from '../../src/storage/local/sqlite/open-sqlite.ts';
import { start } from '../support/metadata-samples.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { metadataStoreContract } from './metadata-store.contract.ts';

metadataStoreContract('sqlite', async (context) => {
  const opened = await openSqlite({
    path: join(tempFolder(context), 'mlreg.db'),
    create: true,
    waitMs: 50,
  });
  await initializeRegistry(opened.db, {
    id: crypto.randomUUID(),
    stages: defaultStages,
    actor: 'ada',
    at: start,
  });
  context.after(() => opened.close());
  return sqlMetadataStore(opened);
});
