import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseReference } from '../../src/core/versions/reference.ts';
import type { Registry } from '../../src/registry/registry.ts';
import { show } from '../../src/registry/inspect/show.ts';
import { openSqlite } from '../../src/storage/local/sqlite/open-sqlite.ts';
import * as fixedQueries from '../../src/storage/sql/fixed-queries.ts';
import { compileFixed, fixedQuery, type FixedQuery } from '../../src/storage/sql/fixed-query.ts';
import { initializeRegistry } from '../../src/storage/sql/initialize.ts';
import { sqlMetadataStore, type StoreMeans } from '../../src/storage/sql/sql-metadata-store.ts';
import { defaultStages } from '../../src/core/versions/reference.ts';
import { addBench, bench, issue, push, start } from '../support/metadata-samples.ts';
import { join } from 'node:path';
import { tempFolder, type Cleanup } from '../support/temp-folder.ts';

async function openStore(context: Cleanup) {
  const path = join(tempFolder(context), 'mlreg.db');
  const opened = await openSqlite({ path, create: true, waitMs: 0 });
  context.after(() => opened.close());
  await initializeRegistry(opened.db, { id: 'x', stages: defaultStages, actor: 'ada', at: start });
  return opened;
}

test('a version is shown without Kysely once the build has compiled the queries', async (context) => {
  const opened = await openStore(context);
  const store = sqlMetadataStore(opened);
  await issue(store, '1.0.0', '2.0.0');
  await push(store, '1.0.0');
  await addBench(store, bench('b1'));
  const before = await Promise.all(shown.map((text) => show(asRegistry(store), parseReference(text))));
  for (const query of Object.values(fixedQueries) as FixedQuery<object, unknown>[])
    query.compiled = { [opened.dialect]: compileFixed(opened.db, query) };
  const { dialect, run, leases, close } = opened;
  const means: StoreMeans = {
    dialect,
    run,
    leases,
    close,
    get db(): never {
      throw new Error('Kysely is needed');
    },
  };
  const withoutKysely = asRegistry(sqlMetadataStore(means));
  const after = await Promise.all(shown.map((text) => show(withoutKysely, parseReference(text))));
  assert.deepEqual(after, before);
  assert.equal(after[0]?.benches.length, 1);
});

const shown = ['digits@production', 'digits@1.0.0', 'digits'];

/** The part of a registry that `show` uses. */
function asRegistry(metadata: Registry['metadata']): Registry {
  return { metadata } as Registry;
}

test('a fixed query may not depend on what its parameters are', async (context) => {
  const { db } = await openStore(context);
  const asText = fixedQuery((kysely, { name }: { name: string }) =>
    kysely.selectFrom('models').where('name', '=', `the ${name}`).selectAll(),
  );
  assert.throws(() => compileFixed(db, asText), /may not depend on name/);
  const asRest = fixedQuery((kysely, { ...all }: { name: string }) =>
    kysely.selectFrom('models').where('name', '=', all.name).selectAll(),
  );
  assert.throws(() => compileFixed(db, asRest), /name each of its parameters/);
});
