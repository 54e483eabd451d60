import { sql, type Kysely } from 'kysely';
import type { Digest } from '../../../core/versions/artifact.ts';
import type { ModelName } from '../../../core/versions/reference.ts';
import type { VersionKey } from '../../versions.ts';
import { inOrder } from '../page.ts';
import { storedVersion } from '../versions/stored-version.ts';
import type { Tables } from '../tables.ts';

type Db = Kysely<Tables>;

/** Whether a version has this artifact as its own or as one of its golden sets. */
const needed = (artifact: 'artifact_files.artifact_digest' | 'artifacts.digest') =>
  sql<boolean>`(exists (select 1 from versions where versions.digest = ${sql.ref(artifact)} and deleted_at is null)
    or exists (select 1 from versions where versions.golden = ${sql.ref(artifact)} and golden is not null and deleted_at is null)
    or exists (select 1 from golden_sets join versions on versions.id = golden_sets.version_id
      where golden_sets.digest = ${sql.ref(artifact)} and deleted_at is null))`;

/**
 * Three walks along indexes, merged, so that the cost of a slice depends on its length and not on
 * the size of the registry.
 */
export async function selectNeededBlobs(
  db: Db,
  after: Digest | undefined,
  limit: number,
): Promise<{ digest: Digest; size: number | null }[]> {
  const from = after ?? '';
  const unknownSize = sql<number | null>`null`.as('size');
  // One after the other: a transaction has only one connection.
  const slices = [
    await db
      .selectFrom('artifact_files')
      .where('blob_digest', '>', from)
      .where(needed('artifact_files.artifact_digest'))
      .groupBy('blob_digest')
      .orderBy('blob_digest')
      .limit(limit)
      .select(['blob_digest as digest', sql<number | null>`max(size)`.as('size')])
      .execute(),
    await db
      .selectFrom('artifacts')
      .where('digest', '>', from)
      .where(needed('artifacts.digest'))
      .orderBy('digest')
      .limit(limit)
      .select(['digest', unknownSize])
      .execute(),
    await db
      .selectFrom('artifacts')
      .where('config_digest', '>', from)
      .where(needed('artifacts.digest'))
      .orderBy('config_digest')
      .limit(limit)
      .select(['config_digest as digest', unknownSize])
      .execute(),
  ];
  const sizes = new Map<string, number | null>();
  // Several artifacts may share a config.
  for (const rows of slices)
    inOrder([...new Set(rows.map(({ digest }) => digest))], (digest) => digest, { from, way: 'up' });
  for (const { digest, size } of slices.flat()) sizes.set(digest, size ?? sizes.get(digest) ?? null);
  const digests = [...sizes.keys()].sort().slice(0, limit);
  return digests.map((digest) => ({ digest: digest as Digest, size: sizes.get(digest) ?? null }));
}

/** Those of `digests` that some version needs. */
export async function neededAmong(db: Db, digests: readonly Digest[]): Promise<Set<string>> {
  if (digests.length === 0) return new Set();
  const found = [
    await db
      .selectFrom('artifact_files')
      .where('blob_digest', 'in', digests)
      .where(needed('artifact_files.artifact_digest'))
      .select('blob_digest as digest')
      .distinct()
      .execute(),
    await db
      .selectFrom('artifacts')
      .where('digest', 'in', digests)
      .where(needed('artifacts.digest'))
      .select('digest')
      .execute(),
    await db
      .selectFrom('artifacts')
      .where('config_digest', 'in', digests)
      .where(needed('artifacts.digest'))
      .select('config_digest as digest')
      .distinct()
      .execute(),
  ];
  return new Set(found.flat().map((row) => row.digest));
}

/**
 * Versions whose artifact or golden sets have the blob as a file, as its manifest or as its config,
 * oldest first.
 */
export async function selectVersionsNeeding(db: Db, digest: Digest, limit: number): Promise<VersionKey[]> {
  const files = db.selectFrom('artifact_files').where('blob_digest', '=', digest);
  const own = db
    .selectFrom('artifacts')
    .where((eb) => eb.or([eb('digest', '=', digest), eb('config_digest', '=', digest)]));
  const artifacts = files.select('artifact_digest as digest').union(own.select('digest'));
  const needing = (column: 'digest' | 'golden') =>
    db
      .selectFrom('versions')
      .innerJoin('models', 'models.id', 'versions.model_id')
      .where(`versions.${column}`, 'in', artifacts)
      .where(`versions.${column}`, 'is not', null)
      .where('versions.deleted_at', 'is', null)
      .orderBy('versions.id')
      .limit(limit)
      .select(['versions.id', 'models.name', 'versions.version'])
      .execute();
  const adding = db
    .selectFrom('golden_sets')
    .innerJoin('versions', 'versions.id', 'golden_sets.version_id')
    .innerJoin('models', 'models.id', 'versions.model_id')
    .where('golden_sets.digest', 'in', artifacts)
    .where('versions.deleted_at', 'is', null)
    .orderBy('versions.id')
    .limit(limit)
    .select(['versions.id', 'models.name', 'versions.version']);
  const found = [...(await needing('digest')), ...(await needing('golden')), ...(await adding.execute())];
  const rows = new Map(found.map((row) => [row.id, row]));
  const ordered = [...rows.values()].toSorted((a, b) => a.id - b.id).slice(0, limit);
  return ordered.map(({ name, version }) => ({ name: name as ModelName, version: storedVersion(version) }));
}
