import type { Kysely } from 'kysely';
import { timeInChain } from '../../../core/events/event.ts';
import { decideBump, lineOf, nextVersion } from '../../../core/versions/next-version.ts';
import type { ModelName } from '../../../core/versions/reference.ts';
import { linePrefix, sortKey, type BumpLevel, type Version } from '../../../core/versions/version.ts';
import type {
  Artifact,
  BumpKind,
  VersionFacts,
  VersionRecord,
} from '../../../core/versions/version-record.ts';
import type { NewVersion, RegisterOutcome } from '../../versions.ts';
import { factsHash } from '../../facts-hash.ts';
import { wasCollected } from '../collection/collections.ts';
import { appendEvent, lastEvent } from '../events/event-log.ts';
import type { Tables } from '../tables.ts';
import { insertVersion } from './insert-version.ts';
import { exactVersion, preferredVersion, toRecord, versionQuery, type VersionRow } from './version-rows.ts';

type Db = Kysely<Tables>;

/** A complete registration under the write lock: look-up, number, rows, event. */
export async function registerVersion(db: Db, input: NewVersion): Promise<RegisterOutcome> {
  if (await wasCollected(db, input)) return { outcome: 'collected' };
  const known = await findKnown(db, input);
  if (known !== undefined) return known;

  const numbered = await chooseNumber(db, input);
  if ('at' in numbered) return { outcome: 'look', at: numbered.at };
  const createdAt = timeInChain(await lastEvent(db), { action: 'register', clock: input.at });
  const facts: VersionFacts = { ...input.facts, ...numbered, createdAt, actor: input.actor };
  const modelId = await modelIdOf(db, facts.name, createdAt);
  const event = await appendEvent(db, {
    at: input.at,
    actor: input.actor,
    action: 'register',
    model: facts.name,
    version: facts.version,
    stage: null,
    from: null,
    to: null,
    message: input.message ?? null,
    details: { digest: facts.artifact.digest, bump: facts.bump, facts: factsHash(facts) },
  });
  await insertVersion(db, facts, modelId, event.seq);
  return { outcome: 'created', version: await only(db, facts.name, facts.version), event };
}

/** An existing version that this registration would repeat, or whose number it would take. */
async function findKnown(
  db: Db,
  { facts, number, ifExists }: NewVersion,
): Promise<RegisterOutcome | undefined> {
  if (number.kind === 'exact') {
    const row = await versionQuery(db, facts.name)
      .where('sort_key', '=', sortKey(number.version))
      .executeTakeFirst();
    if (row === undefined) return undefined;
    const version = toRecord(row);
    const same = row.identity === facts.identity && row.version === number.version && row.deleted_at === null;
    return same ? { outcome: 'exists', version } : { outcome: 'taken', by: version };
  }
  if (ifExists === 'new') return undefined;
  const row = await preferredVersion(
    versionQuery(db, facts.name).where('identity', '=', facts.identity).where('deleted_at', 'is', null),
  );
  return row && { outcome: 'exists', version: toRecord(row) };
}

interface Numbered {
  version: Version;
  bump: BumpKind;
  bumpReason: string;
  previous: Version | null;
}

async function chooseNumber(db: Db, input: NewVersion): Promise<Numbered | { at: VersionRecord }> {
  const { facts, number, compared } = input;
  const previous = await highestRelease(db, facts.name);
  if (number.kind === 'exact') {
    return {
      version: number.version,
      bump: 'explicit',
      bumpReason: `explicit number${await sameBytes(db, facts)}`,
      previous: previous?.version ?? null,
    };
  }
  // For a requested level, all that matters is whether there is a previous version.
  const decided =
    number.kind === 'bump' && previous !== undefined
      ? { bump: number.level, reason: '' }
      : decideBump(previous, facts, compared);
  if (decided === 'look') return { at: previous! };
  const level: BumpLevel =
    number.kind === 'bump' ? number.level : decided.bump === 'initial' ? 'patch' : decided.bump;
  const highest = await highestIssued(db, facts.name, previous?.version, level);
  const asked = number.kind === 'bump' && (previous !== undefined || highest !== undefined);
  const reason = asked ? `${level} bump requested` : decided.reason;
  return {
    version: nextVersion(previous?.version, level, highest),
    bump: asked ? level : decided.bump,
    bumpReason: reason + (/^(?:the )?same bytes/.test(reason) ? '' : await sameBytes(db, facts)),
    previous: previous?.version ?? null,
  };
}

/**
 * `; same bytes as 1.0.0` if a version has the same bytes, even under another file name; else an
 * empty text.
 */
async function sameBytes(db: Db, { name, artifact }: NewVersion['facts']): Promise<string> {
  const holding = (digest: string) =>
    preferredVersion(
      versionQuery(db, name).where('versions.digest', '=', digest).where('deleted_at', 'is', null),
    );
  const same = await holding(artifact.digest);
  if (same !== undefined) return `; same bytes as ${sayVersion(same)}`;
  for (const digest of await artifactsOfFile(db, artifact)) {
    const renamed = await holding(digest);
    if (renamed !== undefined) return `; same bytes as ${sayVersion(renamed)}, under another name`;
  }
  return '';
}

function sayVersion({ version, yanked_at }: VersionRow): string {
  return yanked_at === null ? version : `${version}, which is yanked`;
}

/** Artifacts that consist of exactly this one file. */
async function artifactsOfFile(db: Db, { files }: Artifact): Promise<string[]> {
  const [file, ...others] = files;
  if (file === undefined || others.length > 0) return [];
  const rows = await db
    .selectFrom('artifact_files as one')
    .where('one.blob_digest', '=', file.digest)
    .where((where) =>
      where.not(
        where.exists(
          where
            .selectFrom('artifact_files as other')
            .whereRef('other.artifact_digest', '=', 'one.artifact_digest')
            .whereRef('other.path', '<>', 'one.path')
            .select('other.path'),
        ),
      ),
    )
    .select('one.artifact_digest as digest')
    .limit(20)
    .execute();
  return rows.map(({ digest }) => digest);
}

/**
 * The release that an automatic number is compared with: the highest that is neither yanked nor
 * deleted.
 */
async function highestRelease(db: Db, name: ModelName): Promise<VersionRecord | undefined> {
  const row = await versionQuery(db, name)
    .where('yanked_at', 'is', null)
    .where('deleted_at', 'is', null)
    .where('prerelease', '=', 0)
    .orderBy('sort_key', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row && toRecord(row);
}

/**
 * The highest release ever issued in the line that a bump continues; yanked and deleted numbers
 * count.
 */
async function highestIssued(
  db: Db,
  name: ModelName,
  base: Version | undefined,
  level: BumpLevel,
): Promise<Version | undefined> {
  const prefix = linePrefix(...lineOf(base, level));
  const row = await versionQuery(db, name)
    .where('prerelease', '=', 0)
    .where('sort_key', '>=', prefix)
    .where('sort_key', '<', `${prefix}\u007f`)
    .orderBy('sort_key', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row?.version as Version | undefined;
}

/** The id of a model's row, which is added for a new model. */
export async function modelIdOf(db: Db, name: ModelName, createdAt: number): Promise<number> {
  const found = await db.selectFrom('models').select('id').where('name', '=', name).executeTakeFirst();
  if (found !== undefined) return found.id;
  const values = { name, versions: 0, created_at: createdAt };
  return (await db.insertInto('models').values(values).returning('id').executeTakeFirstOrThrow()).id;
}

async function only(db: Db, name: ModelName, version: Version): Promise<VersionRecord> {
  return toRecord(await exactVersion(db, name, version).executeTakeFirstOrThrow());
}
