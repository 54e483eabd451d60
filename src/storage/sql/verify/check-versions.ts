import type { Kysely } from 'kysely';
import type { RegistryEvent } from '../../../core/events/event.ts';
import { canonicalJson } from '../../../core/json/canonical.ts';
import { counted } from '../../../core/text/numbers.ts';
import { type ModelName, formatReference } from '../../../core/versions/reference.ts';
import { replay, wholeHistory } from '../../../core/versions/amendments.ts';
import type { VersionRecord } from '../../../core/versions/version-record.ts';
import { type Version, isPrerelease, sortKey } from '../../../core/versions/version.ts';
import { factsHash } from '../../facts-hash.ts';
import { hashOfJson, isIntact } from '../../hash-chain.ts';
import { toEvent } from '../events/event-log.ts';
import { inOrder } from '../page.ts';
import type { Tables } from '../tables.ts';
import {
  type VersionRow,
  everyVersion,
  exactVersion,
  goldenPositions,
  toRecord,
} from '../versions/version-rows.ts';
import type { Report } from './row-problem.ts';

type Db = Kysely<Tables>;

const slice = 500;

/**
 * Compares every version with the event of its registration, and every such event with the
 * versions.
 */
export async function checkVersions(db: Db, report: Report): Promise<void> {
  const living = new Map<string, number>();
  for (let after = 0; ;) {
    const rows = await everyVersion(db)
      .where('versions.id', '>', after)
      .orderBy('versions.id')
      .limit(slice)
      .execute();
    if (rows.length === 0) break;
    after = inOrder(rows, ({ id }) => id, { from: after, way: 'up' }).at(-1)?.id ?? after;
    await checkSlice(db, rows, report);
    for (const row of rows)
      if (row.deleted_at === null) living.set(row.name, (living.get(row.name) ?? 0) + 1);
  }
  for (const { name, versions } of await db.selectFrom('models').select(['name', 'versions']).execute()) {
    const found = living.get(name) ?? 0;
    if (found !== versions)
      report(name, `the model records ${counted(versions, 'version')}, but has ${found}`);
  }
  await checkMissing(db, report);
}

/**
 * As `checkVersions`, for one version. Its events are checked against their hashes, since the chain
 * was not verified first.
 */
export async function checkOneVersion(
  db: Db,
  name: ModelName,
  version: Version,
  report: Report,
): Promise<void> {
  const rows = await exactVersion(db, name, version).execute();
  if (rows.length === 0) return report(formatReference(name, version), 'its row is missing');
  await checkSlice(db, rows, report);
  const events = [
    ...(await eventsBySeq(db, rows)).values(),
    ...[...(await changesOf(db, rows)).values()].flat(),
  ];
  for (const event of events)
    if (!isIntact(event)) report(`event ${event.seq}`, 'it does not match its hash');
}

async function checkMissing(db: Db, report: Report): Promise<void> {
  const missing = await db
    .selectFrom('events')
    .leftJoin('versions', 'versions.registered_seq', 'events.seq')
    .where('events.action', 'in', ['register', 'import'])
    .where('versions.id', 'is', null)
    .selectAll('events')
    .execute();
  for (const { action, model, version } of missing.map(toEvent))
    report(`${model}@${version}`, `the version was ${action}ed, but its row is missing`);
}

async function checkSlice(db: Db, rows: VersionRow[], report: Report): Promise<void> {
  const records = rows.map(toRecord);
  const events = await eventsBySeq(db, rows);
  const changes = await changesOf(db, rows);
  const parents = await parentsByChild(db, rows);
  for (const [index, record] of records.entries()) {
    const row = rows[index];
    if (row === undefined) continue;
    const subject = formatReference(record.name, record.version);
    const say = (problem: string): void => report(subject, problem);
    const beginning = events.get(row.registered_seq);
    checkFacts(record, row, beginning, say);
    checkChanges(record, row, beginning, changes.get(subject) ?? [], say);
    if (!sameSet(linkedParents(record, beginning), parents.get(row.id) ?? []))
      say('its links to its parents were changed');
  }
}

/** The parents of an imported version may be missing here: its event says which existed. */
function linkedParents({ parents }: VersionRecord, beginning: RegistryEvent | undefined): string[] {
  if (beginning?.action !== 'import') return parents;
  const linked = beginning.details['parents'];
  return Array.isArray(linked) ? linked.map(String) : [];
}

function checkFacts(
  record: VersionRecord,
  row: VersionRow,
  event: RegistryEvent | undefined,
  say: (problem: string) => void,
): void {
  const begins = event?.action === 'register' || event?.action === 'import';
  if (!begins || event.model !== record.name || event.version !== record.version) {
    say('no registration event for this version');
  } else if (event.details['facts'] !== factsHash(record)) {
    say('the version does not match its registration: a row was changed or is missing');
  }
  if (row.sort_key !== sortKey(record.version) || row.prerelease !== (isPrerelease(record.version) ? 1 : 0))
    say('its sort key was changed');
}

/**
 * Replays the changes of the version since its registration (for an imported one, first those in
 * the other registry), and compares the result with the rows.
 */
function checkChanges(
  record: VersionRecord,
  row: VersionRow,
  beginning: RegistryEvent | undefined,
  changes: RegistryEvent[],
  say: (problem: string) => void,
): void {
  const before = beginning === undefined ? [] : wholeHistory([beginning]);
  const { tags, amended, yanked, golden, damaged } = replay(record.metadata.tags ?? {}, [
    ...before,
    ...changes,
  ]);
  if (damaged) say('an event that changed its tags or golden sets is damaged');
  const sets = record.addedGolden.map(({ artifact, ...set }) => ({
    ...set,
    digest: artifact.digest,
    facts: hashOfJson(artifact),
  }));
  const inOrder = goldenPositions(row).every((position, index) => position === index);
  if (!inOrder || canonicalJson(sets) !== canonicalJson(golden)) say('its added golden sets were changed');
  checkYank(row, yanked, say);
  if (canonicalJson(record.tags) !== canonicalJson(tags)) say('its tags were changed');
  if (canonicalJson(record.amended ?? {}) !== canonicalJson(amended ?? {}))
    say('its later description or metrics were changed');
  const deletion = changes.findLast(({ action }) => action === 'delete');
  const { deleted_at, deleted_by, delete_reason } = row;
  const expected = [deletion?.at ?? null, deletion?.actor ?? null, deletion?.message ?? null];
  if (canonicalJson([deleted_at, deleted_by, delete_reason]) !== canonicalJson(expected))
    say(
      deletion === undefined
        ? 'the version is marked as deleted, but no event says so'
        : 'the time, reason or actor of its deletion was changed',
    );
}

function checkYank(
  { yanked_at: at, yanked_by: by, yank_reason: reason }: VersionRow,
  expected: VersionRecord['yanked'],
  say: (problem: string) => void,
): void {
  if ((expected === null) !== (at === null))
    say(
      expected === null
        ? 'its row says yanked, but its events do not'
        : 'its events say yanked, but its row does not',
    );
  else if (
    canonicalJson([at, by, reason]) !==
    canonicalJson([expected?.at ?? null, expected?.actor ?? null, expected?.reason ?? null])
  )
    say('the time, reason or actor of its yank was changed');
}

async function eventsBySeq(db: Db, rows: VersionRow[]): Promise<Map<number, RegistryEvent>> {
  const seqs = rows.map((row) => row.registered_seq);
  const events = await db.selectFrom('events').selectAll().where('seq', 'in', seqs).execute();
  return new Map(events.map((event) => [event.seq, toEvent(event)]));
}

/**
 * The changes of each version after its registration, in order, by reference. Reads only the events
 * of these versions.
 */
async function changesOf(db: Db, rows: VersionRow[]): Promise<Map<string, RegistryEvent[]>> {
  const events = await db
    .selectFrom('versions')
    .innerJoin('models', 'models.id', 'versions.model_id')
    .innerJoin('events', (join) =>
      join.onRef('events.model', '=', 'models.name').onRef('events.version', '=', 'versions.version'),
    )
    .where(
      'versions.id',
      'in',
      rows.map((row) => row.id),
    )
    .where('events.action', 'in', ['import-events', 'yank', 'unyank', 'tag', 'describe', 'golden', 'delete'])
    .selectAll('events')
    .execute();
  const ordered = events.toSorted((a, b) => a.seq - b.seq).map(toEvent);
  return Map.groupBy(ordered, (event) => `${event.model}@${event.version}`);
}

async function parentsByChild(db: Db, rows: VersionRow[]): Promise<Map<number, string[]>> {
  const links = await db
    .selectFrom('version_parents')
    .innerJoin('versions as parent', 'parent.id', 'version_parents.parent_id')
    .innerJoin('models', 'models.id', 'parent.model_id')
    .where(
      'child_id',
      'in',
      rows.map((row) => row.id),
    )
    .select(['child_id', 'models.name', 'parent.version'])
    .execute();
  const byChild = Map.groupBy(links, (link) => link.child_id);
  return new Map([...byChild].map(([id, own]) => [id, own.map(({ name, version }) => `${name}@${version}`)]));
}

function sameSet(a: readonly string[], b: readonly string[]): boolean {
  const [left, right] = [new Set(a), new Set(b)];
  return left.size === right.size && [...left].every((item) => right.has(item));
}
