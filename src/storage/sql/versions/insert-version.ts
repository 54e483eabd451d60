import { sql, type Kysely } from 'kysely';
import type { ModelName } from '../../../core/versions/reference.ts';
import type { Artifact, VersionFacts } from '../../../core/versions/version-record.ts';
import { isPrerelease, sortKey, type Version } from '../../../core/versions/version.ts';
import type { Tables } from '../tables.ts';
import { versionIdQuery } from './version-rows.ts';

type Db = Kysely<Tables>;

/**
 * Stores the facts under a new id. The event of the registration carries `factsHash`, which exposes
 * later changes of the row.
 */
export async function insertVersion(
  db: Db,
  facts: VersionFacts,
  modelId: number,
  registeredSeq: number,
): Promise<number> {
  const { artifact, golden } = facts;
  await insertArtifact(db, artifact);
  if (golden !== null) await insertArtifact(db, golden);
  const { id } = await db
    .insertInto('versions')
    .values({
      model_id: modelId,
      version: facts.version,
      sort_key: sortKey(facts.version),
      prerelease: isPrerelease(facts.version) ? 1 : 0,
      digest: artifact.digest,
      golden: golden?.digest ?? null,
      format: facts.format,
      entry: facts.entry,
      onnx: facts.onnx === null ? null : JSON.stringify(facts.onnx),
      executable: facts.executable === null ? null : JSON.stringify(facts.executable),
      metadata: JSON.stringify(facts.metadata),
      identity: facts.identity,
      source: facts.source === null ? null : JSON.stringify(facts.source),
      parents: JSON.stringify(facts.parents),
      bump: facts.bump,
      bump_reason: facts.bumpReason,
      previous: facts.previous,
      created_at: facts.createdAt,
      actor: facts.actor,
      registered_seq: registeredSeq,
    })
    .returning('id')
    .executeTakeFirstOrThrow();
  for (const [key, value] of Object.entries(facts.metadata.tags ?? {})) {
    await db.insertInto('version_tags').values({ version_id: id, key, value }).execute();
  }
  for (const parent of facts.parents) await insertParent(db, id, parent);
  await db
    .updateTable('models')
    .set({ versions: sql`versions + 1` })
    .where('id', '=', modelId)
    .execute();
  return id;
}

export async function insertArtifact(db: Db, artifact: Artifact): Promise<void> {
  await db
    .insertInto('artifacts')
    .values({ digest: artifact.digest, config_digest: artifact.configDigest, size: artifact.size })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  for (const { path, digest, size } of artifact.files) {
    await db
      .insertInto('artifact_files')
      .values({ artifact_digest: artifact.digest, path, blob_digest: digest, size })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
  }
}

async function insertParent(db: Db, childId: number, reference: string): Promise<void> {
  const at = reference.lastIndexOf('@');
  await db
    .insertInto('version_parents')
    .columns(['child_id', 'parent_id'])
    .expression(
      versionIdQuery(db, reference.slice(0, at) as ModelName, reference.slice(at + 1) as Version)
        .clearSelect()
        .select([sql<number>`${childId}`.as('child_id'), 'versions.id as parent_id']),
    )
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}
