import type { Kysely } from 'kysely';
import { decideBump, lineOf, nextVersion, type VersionBasis } from '../../core/next-version.ts';
import type { ModelName } from '../../core/model-name.ts';
import { linePrefix, sortKey, type BumpLevel, type Version } from '../../core/version.ts';
import type { BumpKind, VersionFacts, VersionRecord } from '../../core/version-record.ts';
import type { NewVersion, RegisterOutcome } from '../metadata-store.ts';
import { factsHash } from '../facts-hash.ts';
import { wasCollected } from './collections.ts';
import { appendEvent, lastEvent } from './event-log.ts';
import type { Tables } from './tables.ts';
import { exactVersion, insertVersion, preferredVersion, toRecord, versionQuery } from './version-rows.ts';

type Db = Kysely<Tables>;

/** The whole of a registration, under the write lock: look-up, number, rows, event. */
export async function registerVersion(db: Db, input: NewVersion): Promise<RegisterOutcome> {
  if (await wasCollected(db, input)) return { outcome: 'collected' };
  const known = await findKnown(db, input);
  if (known !== undefined) return known;

  const numbered = await chooseNumber(db, input);
  const last = await lastEvent(db);
  const createdAt = Math.max(input.at, last?.at ?? 0);
  const facts: VersionFacts = { ...input.facts, ...numbered, createdAt, actor: input.actor };
  const modelId = await modelIdOf(db, facts.name, createdAt);
  const event = await appendEvent(db, {
    at: createdAt,
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

/** A version that this registration would repeat, or whose number it would take. */
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

async function chooseNumber(db: Db, { facts, number }: NewVersion): Promise<Numbered> {
  const previous = await highestRelease(db, facts.name);
  if (number.kind === 'exact') {
    return {
      version: number.version,
      bump: 'explicit',
      bumpReason: 'the number was given',
      previous: previous?.version ?? null,
    };
  }
  const decided = decideBump(previous && basisOf(previous), basisOf(facts));
  const level: BumpLevel =
    number.kind === 'bump' ? number.level : decided.bump === 'initial' ? 'patch' : decided.bump;
  const highest = await highestIssued(db, facts.name, previous?.version, level);
  const asked = number.kind === 'bump' && (previous !== undefined || highest !== undefined);
  return {
    version: nextVersion(previous?.version, level, highest),
    bump: asked ? level : decided.bump,
    bumpReason: asked ? `a ${level} bump was asked for` : decided.reason,
    previous: previous?.version ?? null,
  };
}

function basisOf<T extends Pick<VersionFacts, 'identity' | 'format' | 'artifact' | 'onnx'>>(
  facts: T,
): VersionBasis & T {
  const { artifact, onnx } = facts;
  return {
    ...facts,
    digest: artifact.digest,
    graphDigest: onnx?.graphDigest ?? null,
    signature: onnx?.signature ?? null,
  };
}

/** The release that an automatic number is compared with: the highest that is neither yanked nor deleted. */
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

/** The highest release ever issued in the line that a bump continues; yanked and deleted numbers count. */
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

/** The id of a model's row, made where the model is new. */
export async function modelIdOf(db: Db, name: ModelName, createdAt: number): Promise<number> {
  const found = await db.selectFrom('models').select('id').where('name', '=', name).executeTakeFirst();
  if (found !== undefined) return found.id;
  const values = { name, versions: 0, created_at: createdAt };
  return (await db.insertInto('models').values(values).returning('id').executeTakeFirstOrThrow()).id;
}

async function only(db: Db, name: ModelName, version: Version): Promise<VersionRecord> {
  return toRecord(await exactVersion(db, name, version).executeTakeFirstOrThrow());
}
