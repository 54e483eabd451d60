import type { EventAction, RegistryEvent } from '../core/events/event.ts';
import type { StageName, ModelName } from '../core/versions/reference.ts';
import type { Version } from '../core/versions/version.ts';
import type { HeadState } from './head.ts';

/** The chain of events: what was recorded, when it happened, and where the chain ends. */
export interface EventStore {
  /** Newest first. */
  events(query: EventQuery): Promise<RegistryEvent[]>;
  /**
   * Oldest first, in slices, to verify the chain without loading all of it. `after` is a sequence
   * number.
   */
  eventsAscending(query: { after: number; limit: number }): Promise<RegistryEvent[]>;
  /** When the event happened, as judged at `now`, epoch milliseconds. */
  timeOf(query: { event: Pick<RegistryEvent, 'seq' | 'at' | 'clock'>; now: number }): Promise<EventTime>;
  /**
   * Records that the clock is right again: times in the chain follow it from here on. `wrong`: how
   * many events have a wrong time.
   */
  fixClock(input: Authorship & { wrong: number }): Promise<RegistryEvent>;

  /**
   * The end of the chain, and whether it is the last one that was written. Every change rejects
   * INTEGRITY while it is `lost`. A store that keeps no note outside of its database is never
   * `lost`.
   */
  head(): Promise<HeadState>;
  /** If the history is lost, accepts the chain as it is now and records that. */
  acceptHistory(input: Authorship): Promise<{ changed: boolean; event?: RegistryEvent }>;
}

/**
 * Who changes something, when and why. The store never lets the time of the chain run backwards.
 */
export interface Authorship {
  actor: string;
  /** What the clock says, epoch milliseconds. */
  at: number;
  message?: string;
}

export interface EventQuery {
  /** Null: only events without a model. */
  model?: ModelName | null;
  /** Of `model`; null: only events without a version. */
  version?: Version | null;
  actions?: readonly EventAction[];
  stage?: StageName;
  /** Only events with a lower sequence number. */
  before?: number;
  limit: number;
}

/** When an event happened, as far as clocks can be trusted; registry/FORMAT.md has the rules. */
export interface EventTime {
  /**
   * Epoch milliseconds. If the event's time is not trusted, a time by which it had happened: that
   * of the next correction, or now.
   */
  at: number;
  trusted: boolean;
}
