import { MlregError } from '../../core/errors.ts';
import { firstPrevHash, type RegistryEvent } from '../../core/events/event.ts';
import type { ModelName, StageName } from '../../core/versions/reference.ts';
import type { Version } from '../../core/versions/version.ts';
import { type PollOptions, pollRegistry } from '../poll.ts';
import type { Registry } from '../registry.ts';
import { requireModel, requireStage } from '../resolve.ts';

export interface WatchInput extends Pick<PollOptions, 'intervalMs' | 'once' | 'reopen'> {
  name: ModelName;
  stage: StageName;
  /**
   * Sequence number of the last event that is already known; absent: the last event in the
   * registry.
   */
  since?: number | undefined;
  /** Report the current holder first. */
  current?: boolean | undefined;
}

/**
 * A promotion, rollback or demotion; or the current holder, reported when the moves that led to it
 * were not.
 */
export interface StageMove {
  name: ModelName;
  stage: StageName;
  action: 'promote' | 'rollback' | 'demote' | 'current';
  /** The holder before and after; null: the stage is empty. For `current`, `from` is null. */
  from: Version | null;
  to: Version | null;
  generation: number;
  /** For `current`, the last move; null: the stage never moved. */
  event: RegistryEvent | null;
}

/** The result of a poll: a move, or the reason why it failed, after which polling goes on. */
export type Watched = { move: StageMove } | { trouble: string };

/** The last event that was reported or already known. */
interface Cursor {
  seq: number;
  hash: string;
}

/**
 * Follows a stage: reports every move after the start once, in the order of the events, however
 * many happen between two polls. While nothing moves, a poll is one query and takes no lock. It
 * ends only on an abort, or with `once`. If the registry cannot be read for a while, that is
 * reported once, and polling goes on. If its history was replaced by one that lacks an event
 * already reported, the current holder is reported.
 *
 * NOT_FOUND if there is no such model or stage, INVALID_INPUT for a `since` in the future; with
 * `once`, any error that prevented the poll.
 */
export async function* watch(
  registry: Registry,
  { name, stage, since, current: tellHolder, intervalMs, once, reopen }: WatchInput,
): AsyncGenerator<Watched, void, undefined> {
  await requireModel(registry, name);
  await requireStage(registry, stage);
  let cursor = await startAt(registry, since);
  let isHolderDue = tellHolder === true;
  let seen: string | undefined;
  const look = async (current: Registry, isAnother: boolean): Promise<Watched[]> => {
    if (isAnother) seen = undefined;
    const { version, generation, top, since: at } = await current.metadata.pointer(name, stage);
    const pointer = `${version} ${generation} ${top} ${at}`;
    if (pointer === seen) return [];
    const found: Watched[] = [];
    const isReplaced = !(await knows(current, cursor));
    if (isHolderDue || isReplaced) {
      const holder = await holderNow(current, name, stage);
      ({ cursor } = holder);
      if (isReplaced) found.push({ trouble: replaced(cursor) });
      found.push({ move: holder.move });
    } else {
      found.push(...(await movesAfter(current, name, stage, cursor)));
      const last = found.at(-1);
      if (last !== undefined && 'move' in last && last.move.event !== null) cursor = last.move.event;
    }
    // Set only now, so that what failed before this is tried again.
    [isHolderDue, seen] = [false, pointer];
    return found;
  };
  for await (const polled of pollRegistry(registry, { intervalMs, once, reopen }, look))
    yield 'found' in polled ? polled.found : polled;
}

async function startAt({ metadata }: Registry, since: number | undefined): Promise<Cursor> {
  const [last] = await metadata.events({ limit: 1 });
  const head = { seq: last?.seq ?? 0, hash: last?.hash ?? firstPrevHash };
  if (since === undefined) return head;
  if (since === 0) return { seq: 0, hash: firstPrevHash };
  const [event] = await metadata.eventsAscending({ after: since - 1, limit: 1 });
  if (event?.seq === since) return event;
  throw new MlregError('INVALID_INPUT', `no event ${since} yet; the last event is ${head.seq}`, {
    hint: 'use the number of the last event you know: mlreg history lists them',
  });
}

/** Whether a registry, or what it was restored from, has this event in its chain. */
async function knows({ metadata }: Registry, { seq, hash }: Cursor): Promise<boolean> {
  if (seq === 0) return true;
  const [event] = await metadata.eventsAscending({ after: seq - 1, limit: 1 });
  return event?.seq === seq && event.hash === hash;
}

function replaced({ seq }: Cursor): string {
  return `the registry was replaced by one with a different history; continuing from event ${seq}`;
}

/** The current holder, and the event to continue from. */
async function holderNow(
  registry: Registry,
  name: ModelName,
  stage: StageName,
): Promise<{ move: StageMove; cursor: Cursor }> {
  const head = await startAt(registry, undefined);
  const [last] = await registry.metadata.events({ model: name, stage, actions: moves, limit: 1 });
  const move: StageMove =
    last === undefined
      ? { name, stage, action: 'current', from: null, to: null, generation: 0, event: null }
      : { ...asMove(last, name, stage), action: 'current', from: null };
  // The stage may have moved since the head was read.
  return { move, cursor: last !== undefined && last.seq > head.seq ? last : head };
}

const moves = ['promote', 'rollback', 'demote'] as const;
const slice = 100;

/** Oldest first. */
async function movesAfter(
  { metadata }: Registry,
  model: ModelName,
  stage: StageName,
  { seq }: Cursor,
): Promise<Watched[]> {
  const found: RegistryEvent[] = [];
  let before: number | undefined;
  for (;;) {
    const events = await metadata.events({
      model,
      stage,
      actions: moves,
      ...(before === undefined ? {} : { before }),
      limit: slice,
    });
    const later = events.filter((event) => event.seq > seq);
    found.push(...later);
    before = events.at(-1)?.seq;
    if (later.length < slice) break;
  }
  return found.toReversed().map((event) => ({ move: asMove(event, model, stage) }));
}

function asMove(event: RegistryEvent, name: ModelName, stage: StageName): StageMove {
  const { action, from, to, details } = event;
  return {
    name,
    stage,
    action: action as StageMove['action'],
    from: from as Version | null,
    to: to as Version | null,
    generation: Number(details['generation']),
    event,
  };
}
