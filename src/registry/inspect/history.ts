import type { Checkpoint } from '../../core/events/checkpoint.ts';
import { clockOf, clockTolerance } from '../../core/clock.ts';
import { MlregError } from '../../core/errors.ts';
import type { EventAction, RegistryEvent } from '../../core/events/event.ts';
import { parseModelName, type ModelName } from '../../core/versions/model-name.ts';
import { parseStageName, type StageName } from '../../core/events/stage.ts';
import { notAPage, placeOnPage, readPageToken } from '../page-token.ts';
import type { Registry } from '../registry.ts';
import { requireModel, requireStage } from '../resolve.ts';

export interface HistoryInput {
  name?: ModelName;
  stage?: StageName;
  limit: number;
  /** What the page before gave as `nextPage`. */
  page?: string;
  /** Only these. */
  actions?: readonly EventAction[];
  /**
   * Epoch milliseconds: what each stage pointed at then, instead of all that happened.
   * INVALID_INPUT in the future.
   */
  at?: number;
}

export interface Holder {
  name: string;
  stage: string;
  /** Null: nobody held the stage. */
  version: string | null;
  /** Since when, epoch milliseconds. */
  since: number;
}

export interface HistoryResult {
  /** Newest first; with `at`, the last move of each stage by then. */
  events: RegistryEvent[];
  /** Only with `at`. */
  at?: number;
  holders?: Holder[];
  /** What to pass as `page` for the next ones; null on the last page. */
  nextPage: string | null;
}

/** What happened, newest first, or who held the stages at a time. */
export async function history(
  registry: Registry,
  { name, stage, limit, page, actions, at }: HistoryInput,
): Promise<HistoryResult> {
  if (at !== undefined) await refuseFuture(registry, at);
  if (name !== undefined) await requireModel(registry, name);
  // A stage that was removed has a history all the same.
  if (stage !== undefined && (await registry.metadata.events({ stage, limit: 1 })).length === 0)
    await requireStage(registry, stage);
  const query = {
    ...(name === undefined ? {} : { model: name }),
    ...(stage === undefined ? {} : { stage }),
    // One more than asked for tells whether there is a next page.
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
  // Later than now is only what a clock that was ahead said: there, the chain's own times count.
  const now = registry.now();
  const trusted = at <= now + clockTolerance ? { at: Math.min(at, now), now } : { at };
  const found = await registry.metadata.movesAt({ ...query, ...after, ...trusted });
  const events = found.slice(0, limit);
  const last = events.at(-1);
  const holders = events.map((event) => ({
    name: event.model ?? '',
    stage: event.stage ?? '',
    version: event.to,
    // Not after the time that was asked for, which the chain's can be after a clock that was ahead.
    since: event.at > at ? Math.min(event.at, clockOf(event)) : event.at,
  }));
  return {
    events,
    at,
    holders,
    nextPage: found.length > limit ? `holder:${last?.model}@${last?.stage}` : null,
  };
}

/**
 * What will be then is not known, and the year was probably mistyped. What has happened is the
 * past, also where the clock was set back since.
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
 * The last event, to be saved where whoever can write the registry cannot. INTEGRITY where there is
 * none: a registry begins with one.
 */
export async function checkpoint(registry: Registry): Promise<Checkpoint> {
  const { id } = await registry.metadata.registry();
  const [last] = await registry.metadata.events({ limit: 1 });
  if (last !== undefined) return { registry: id, seq: last.seq, hash: last.hash };
  throw new MlregError('INTEGRITY', 'the registry has no events, not even its init event', {
    hint: 'restore mlreg.db from a backup',
  });
}
