import type { Checkpoint } from '../../core/events/checkpoint.ts';
import { clockOf, clockTolerance, type EventAction, type RegistryEvent } from '../../core/events/event.ts';
import { MlregError } from '../../core/errors.ts';
import {
  parseModelName,
  type ModelName,
  parseStageName,
  type StageName,
} from '../../core/versions/reference.ts';
import { notAPage, placeOnPage, readPageToken } from '../page-token.ts';
import type { Registry } from '../registry.ts';
import { requireModel, requireStage } from '../resolve.ts';

export interface HistoryInput {
  name?: ModelName;
  stage?: StageName;
  limit: number;
  /** The `nextPage` of the page before. */
  page?: string;
  /** Only events with these actions. */
  actions?: readonly EventAction[];
  /**
   * Epoch milliseconds: list what each stage pointed at then, instead of events. INVALID_INPUT if
   * it is in the future.
   */
  at?: number;
}

export interface Holder {
  name: string;
  stage: string;
  /** Null: the stage was empty. */
  version: string | null;
  /** When that began, epoch milliseconds. */
  since: number;
}

export interface HistoryResult {
  /** Newest first; with `at`, the last move of each stage up to that time. */
  events: RegistryEvent[];
  /** Only with `at`, as are `name` and `stage`, which are those that were asked for. */
  at?: number;
  name?: ModelName;
  stage?: StageName;
  holders?: Holder[];
  /** What to pass as `page` for the next ones; null on the last page. */
  nextPage: string | null;
}

/** The events, newest first, or the stage holders at a given time. */
export async function history(
  registry: Registry,
  { name, stage, limit, page, actions, at }: HistoryInput,
): Promise<HistoryResult> {
  if (at !== undefined) await refuseFuture(registry, at);
  if (name !== undefined) await requireModel(registry, name);
  // A stage that was removed still has a history.
  if (stage !== undefined && (await registry.metadata.events({ stage, limit: 1 })).length === 0)
    await requireStage(registry, stage);
  const query = {
    ...(name === undefined ? {} : { model: name }),
    ...(stage === undefined ? {} : { stage }),
    // One more than asked for, to see whether there is a next page.
    limit: limit + 1,
  };
  if (at === undefined) {
    const before = page === undefined ? {} : { before: readSeq(page) };
    const found = await registry.metadata.events({
      ...query,
      ...before,
      ...(actions === undefined ? {} : { actions }),
    });
    const events = found.slice(0, limit);
    return { events, nextPage: found.length > limit ? `before:${events.at(-1)?.seq}` : null };
  }
  const after = page === undefined ? {} : { after: readHolder(page) };
  // Only a clock that was ahead can have recorded a time later than now; for these, the chain's own
  // times count.
  const now = registry.now();
  const trusted = at <= now + clockTolerance ? { at: Math.min(at, now), now } : { at };
  const found = await registry.metadata.movesAt({ ...query, ...after, ...trusted });
  const events = found.slice(0, limit);
  const last = events.at(-1);
  const holders = events.map((event) => ({
    name: event.model ?? '',
    stage: event.stage ?? '',
    version: event.to,
    // Never after the requested time. After a clock that was ahead, the chain's time can be.
    since: event.at > at ? Math.min(event.at, clockOf(event)) : event.at,
  }));
  return {
    events,
    at,
    ...(name === undefined ? {} : { name }),
    ...(stage === undefined ? {} : { stage }),
    holders,
    nextPage: found.length > limit ? `holder:${last?.model}@${last?.stage}` : null,
  };
}

/**
 * The holders at a future time are unknown, and the year was probably mistyped. A time up to the
 * last event counts as past, even if the clock was set back since.
 */
async function refuseFuture(registry: Registry, at: number): Promise<void> {
  const now = registry.now();
  if (at <= now + clockTolerance) return;
  const [last] = await registry.metadata.events({ limit: 1 });
  if (at <= (last?.at ?? 0)) return;
  const [asked, today] = [at, now].map((time) => new Date(time).toISOString());
  throw new MlregError('INVALID_INPUT', `${asked} is in the future (now: ${today})`, {
    hint: 'use a past time; for the current holders: mlreg list',
  });
}

function readSeq(page: string): number {
  const seq = /^\d{1,15}$/.exec(readPageToken(page, 'before'))?.[0];
  if (seq === undefined) throw notAPage(page);
  return Number(seq);
}

function readHolder(page: string): { model: ModelName; stage: StageName } {
  const [model = '', stage = ''] = readPageToken(page, 'holder').split('@');
  return placeOnPage(page, () => ({ model: parseModelName(model), stage: parseStageName(stage) }));
}

/**
 * The last event, to be saved where someone who can write the registry cannot change it. INTEGRITY
 * if there is no event: every registry begins with one.
 */
export async function checkpoint(registry: Registry): Promise<Checkpoint> {
  const { id } = await registry.metadata.registry();
  const [last] = await registry.metadata.events({ limit: 1 });
  if (last !== undefined) return { registry: id, seq: last.seq, hash: last.hash };
  throw new MlregError('INTEGRITY', 'the registry has no events, not even its init event', {
    hint: 'restore mlreg.db from a backup',
  });
}
