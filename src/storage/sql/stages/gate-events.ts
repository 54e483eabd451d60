import type { Kysely } from 'kysely';
import { canonicalJson } from '../../../core/json/canonical.ts';
import type { RegistryEvent } from '../../../core/events/event.ts';
import { metricAmendments } from '../../../core/versions/amendments.ts';
import type { StageName } from '../../../core/versions/reference.ts';
import type { VersionRecord } from '../../../core/versions/version-record.ts';
import type { Authorship } from '../../events.ts';
import type { NewPolicy, Note } from '../../stages.ts';
import type { VersionKey } from '../../versions.ts';
import { appendEvent, authored, selectEvents } from '../events/event-log.ts';
import type { Tables } from '../tables.ts';
import { exactVersion, toRecord } from '../versions/version-rows.ts';

type Db = Kysely<Tables>;

/**
 * These facts are only in the event log, protected by the chain: there are no rows that could
 * disagree.
 */
const noMove = { from: null, to: null } as const;

/** The event that applied the policy in force. */
export async function lastPolicy(db: Db): Promise<RegistryEvent | undefined> {
  return (await selectEvents(db, { model: null, actions: ['policy'], limit: 1 }))[0];
}

export async function applyPolicy(
  db: Db,
  input: NewPolicy,
): Promise<{ changed: boolean; event: RegistryEvent }> {
  const details = policyDetails(input);
  const last = await lastPolicy(db);
  if (last !== undefined) {
    const { removed: _removed, ...applied } = last.details;
    if (canonicalJson(applied) === canonicalJson(details)) return { changed: false, event: last };
  }
  return { changed: true, event: await appendPolicy(db, input, details) };
}

export async function removePolicy(
  db: Db,
  input: NewPolicy & { replaces: number; removed: StageName },
): Promise<RegistryEvent | undefined> {
  const { replaces, removed } = input;
  if ((await lastPolicy(db))?.seq !== replaces) return undefined;
  return appendPolicy(db, input, { ...policyDetails(input), removed });
}

function policyDetails({ policy, stages, grammar }: NewPolicy): Record<string, unknown> {
  return { policy, stages: [...stages], ...(grammar === undefined ? {} : { grammar }) };
}

function appendPolicy(db: Db, author: Authorship, details: Record<string, unknown>): Promise<RegistryEvent> {
  return appendEvent(db, {
    ...authored(author),
    action: 'policy',
    model: null,
    version: null,
    stage: null,
    ...noMove,
    details,
  });
}

export async function approveVersion(
  db: Db,
  input: Authorship & VersionKey & { stage: StageName },
): Promise<{ changed: boolean; event: RegistryEvent }> {
  const { name, version, stage, actor } = input;
  const record = toRecord(await exactVersion(db, name, version).executeTakeFirstOrThrow());
  const before = await selectEvents(db, {
    model: name,
    version,
    stage,
    actions: ['approve'],
    limit: mostApprovals,
  });
  const changed = await lastMetricChange(db, record);
  const own = before.find((event) => event.actor === actor && event.seq > changed);
  if (own !== undefined) return { changed: false, event: own };
  const event = await appendEvent(db, {
    ...authored(input),
    action: 'approve',
    model: name,
    version,
    stage,
    ...noMove,
    details: {},
  });
  return { changed: true, event };
}

/** Sequence number of the event that last changed a metric in this registry; 0 if there is none. */
async function lastMetricChange(
  db: Db,
  { name, version, metadata, amended }: VersionRecord,
): Promise<number> {
  if (amended?.metrics === undefined) return 0;
  const actions = ['import', 'import-events', 'describe'] as const;
  const events = await selectEvents(db, { model: name, version, actions, limit: mostAmendments });
  const here = metricAmendments(metadata.metrics, events.toReversed()).filter(
    ({ registry }) => registry === null,
  );
  return here.at(-1)?.event ?? 0;
}

const mostAmendments = 10_000;
/** At most one approval per actor. */
const mostApprovals = 10_000;

export async function noteEvent(db: Db, input: Note): Promise<RegistryEvent> {
  const { action, model, version, stage, details } = input;
  return appendEvent(db, { ...authored(input), action, model, version, stage, ...noMove, details });
}
