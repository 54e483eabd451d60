import type { Kysely } from 'kysely';
import { canonicalJson } from '../../core/canonical.ts';
import type { RegistryEvent } from '../../core/event.ts';
import type { StageName } from '../../core/stage.ts';
import type { Authorship, Note, VersionKey } from '../metadata-store.ts';
import { appendEvent, authored, selectEvents } from './event-log.ts';
import type { Tables } from './tables.ts';
import { exactVersion } from './version-rows.ts';

type Db = Kysely<Tables>;

/** What is only in the event log, and so under the chain alone: no row beside it could disagree. */
const noMove = { from: null, to: null } as const;

/** The event that applied the policy in force. */
export async function lastPolicy(db: Db): Promise<RegistryEvent | undefined> {
  return (await selectEvents(db, { model: null, actions: ['policy'], limit: 1 }))[0];
}

export async function applyPolicy(
  db: Db,
  input: Authorship & { policy: object; stages: readonly StageName[] },
): Promise<{ changed: boolean; event: RegistryEvent }> {
  const { policy, stages } = input;
  const details = { policy, stages: [...stages] };
  const last = await lastPolicy(db);
  if (last !== undefined && canonicalJson(last.details) === canonicalJson(details))
    return { changed: false, event: last };
  const event = await appendEvent(db, {
    ...authored(input),
    action: 'policy',
    model: null,
    version: null,
    stage: null,
    ...noMove,
    details,
  });
  return { changed: true, event };
}

export async function approveVersion(
  db: Db,
  input: Authorship & VersionKey & { stage: StageName },
): Promise<{ changed: boolean; event: RegistryEvent }> {
  const { name, version, stage, actor } = input;
  await exactVersion(db, name, version).executeTakeFirstOrThrow();
  const before = await selectEvents(db, {
    model: name,
    version,
    stage,
    actions: ['approve'],
    limit: mostApprovals,
  });
  const own = before.find((event) => event.actor === actor);
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

/** One each of so many actors. */
const mostApprovals = 10_000;

export async function noteEvent(db: Db, input: Note): Promise<RegistryEvent> {
  const { action, model, version, stage, details } = input;
  return appendEvent(db, { ...authored(input), action, model, version, stage, ...noMove, details });
}
