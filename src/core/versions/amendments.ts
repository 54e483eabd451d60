import { isTime, type RegistryEvent } from '../events/event.ts';
import type { Metadata } from '../metadata/metadata.ts';
import type { Digest } from './artifact.ts';

/**
 * What `describe` changed about a version: it replaces, or adds to, what was given at registration.
 */
export interface Amendment {
  /** Empty: the description was removed. */
  description?: string;
  metrics?: Record<string, number>;
}

/** Merges a later amendment into an earlier one; for a metric in both, the later value counts. */
export function amend(before: Amendment | null, { description, metrics }: Amendment): Amendment {
  const all = { ...before?.metrics, ...metrics };
  const text = description ?? before?.description;
  return {
    ...(text === undefined ? {} : { description: text }),
    ...(Object.keys(all).length === 0 ? {} : { metrics: all }),
  };
}

/**
 * The current metadata: as given at registration, with the later changes by `describe` and `tag`.
 */
export function currentMetadata({
  metadata,
  amended,
  tags,
}: {
  metadata: Metadata;
  amended: Amendment | null;
  tags: Record<string, string>;
}): Metadata {
  const { metrics, description, tags: _given, ...rest } = metadata;
  const measured = { ...metrics, ...amended?.metrics };
  const text = amended?.description ?? description;
  return {
    ...(Object.keys(measured).length === 0 ? {} : { metrics: measured }),
    ...rest,
    ...(Object.keys(tags).length === 0 ? {} : { tags }),
    ...(text === undefined || text === '' ? {} : { description: text }),
  };
}

/** The facts of a version that change after its registration, according to its events. */
export interface VersionState {
  tags: Record<string, string>;
  amended: Amendment | null;
  yanked: { at: number; actor: string; reason: string } | null;
  /** The golden sets that were added, in order; `facts` is the SHA-256 of each one's listing. */
  golden: { digest: Digest; self: boolean; facts: string; at: number; actor: string }[];
}

/** The changes that an `import-events` event made: those of its events that were applied here. */
export interface AppliedChanges {
  /** Tags that were set and removed. */
  set: Record<string, string>;
  remove: string[];
  description?: string;
  metrics?: Record<string, number>;
  /** Null: the yank was lifted. */
  yanked?: VersionState['yanked'];
  golden?: VersionState['golden'];
}

/**
 * Events of one version, oldest first. The events that came with an import are put before it, since
 * they happened earlier.
 */
export function wholeHistory(events: readonly RegistryEvent[]): RegistryEvent[] {
  return events.flatMap((event) => [...wholeHistory(importedHistory(event)), event]);
}

/**
 * The events that came with an import; empty for any other event, or if a damaged event has no such
 * list.
 */
export function importedHistory(event: RegistryEvent): RegistryEvent[] {
  return event.action === 'import' ? eventsWithin(event) : [];
}

/**
 * The events of another registry within an `import` or `import-events` event. The changes that the
 * latter made are not those of its events, of which some were overruled: see `AppliedChanges`.
 */
export function eventsWithin({ action, details }: RegistryEvent): RegistryEvent[] {
  const { history } = details;
  if ((action !== 'import' && action !== 'import-events') || !Array.isArray(history)) return [];
  return history.filter(isEvent);
}

/** Whether it has the members that code for showing and replaying events relies on. */
function isEvent(value: unknown): value is RegistryEvent {
  const { at, clock, actor, action, message, details } = (value ?? {}) as Partial<RegistryEvent>;
  return (
    typeof at === 'number' &&
    Math.abs(at) <= 8.64e15 &&
    (clock === undefined || isTime(clock)) &&
    typeof actor === 'string' &&
    typeof action === 'string' &&
    (message === null || typeof message === 'string') &&
    typeof details === 'object' &&
    details !== null
  );
}

/**
 * Replays the events of a version, as `wholeHistory` returns them. `given` are the tags of its
 * registration. `damaged`: an event does not contain the change that its action requires.
 */
export function replay(
  given: Record<string, string>,
  events: readonly RegistryEvent[],
): VersionState & { damaged: boolean } {
  const tags = new Map(Object.entries(given));
  let amended: Amendment | null = null;
  let yanked: VersionState['yanked'] = null;
  const golden: VersionState['golden'] = [];
  let damaged = false;
  const addGolden = (set: VersionState['golden'][number]): void => {
    const isSound = typeof set.digest === 'string' && typeof set.facts === 'string';
    if (!isSound || golden.some(({ digest }) => digest === set.digest)) damaged = true;
    else golden.push(set);
  };
  const setTags = ({ set, remove }: Record<string, unknown>): void => {
    if (typeof set !== 'object' || set === null || !Array.isArray(remove)) {
      damaged = true;
      return;
    }
    for (const [key, value] of Object.entries(set as Record<string, string>)) tags.set(key, value);
    for (const key of remove) tags.delete(String(key));
  };
  for (const { action, at, actor, message, details } of events) {
    if (action === 'yank') yanked = { at, actor, reason: message ?? '' };
    else if (action === 'unyank') yanked = null;
    else if (action === 'describe') amended = amend(amended, details);
    else if (action === 'golden') {
      const { digest, self, facts } = details as { digest: Digest; self: unknown; facts: string };
      addGolden({ digest, self: self === true, facts, at, actor });
    } else if (action === 'tag') setTags(details);
    else if (action === 'import-events') {
      const { applied } = details as { applied?: AppliedChanges };
      if (typeof applied !== 'object' || applied === null) {
        damaged = true;
        continue;
      }
      setTags({ ...applied });
      const { description, metrics } = applied;
      if (description !== undefined || metrics !== undefined) amended = amend(amended, applied);
      if (applied.yanked !== undefined) yanked = applied.yanked;
      for (const set of applied.golden ?? []) addGolden(set);
    }
  }
  const sorted = [...tags].toSorted(([a], [b]) => (a < b ? -1 : 1));
  return { tags: Object.fromEntries(sorted), amended, yanked, golden, damaged };
}

/** A metric that `describe` changed or added after the registration. */
export interface MetricAmendment {
  metric: string;
  value: number;
  /** The value before; null if there was none. */
  before: number | null;
  /** The value given at registration; null if none was. */
  registered: number | null;
  actor: string;
  /** Epoch milliseconds. */
  at: number;
  message: string | null;
  /** Sequence number of its event, in `registry`. */
  event: number;
  /**
   * Id of the registry where it happened before the version was imported from there; null for this
   * registry.
   */
  registry: string | null;
}

/**
 * The changes of a version's metrics, oldest first. `given` are the metrics of its registration;
 * `events` are its own events, oldest first, of which only `describe` and imports matter. Setting
 * a metric to the value that it already has is not a change.
 */
export function metricAmendments(
  given: Record<string, number> | undefined,
  events: readonly RegistryEvent[],
): MetricAmendment[] {
  const registered = new Map(Object.entries(given ?? {}));
  const now = new Map(registered);
  return elsewhereFirst(events, null).flatMap(({ event, registry }) => {
    const { action, actor, at, message, seq, details } = event;
    // Whoever imported a metric that changed elsewhere has changed it here.
    const said = action === 'describe' ? details : action === 'import-events' ? details['applied'] : null;
    const { metrics } = (said ?? {}) as Amendment;
    const changes = [];
    for (const [metric, value] of Object.entries(metrics ?? {})) {
      const before = now.get(metric) ?? null;
      if (before === value) continue;
      now.set(metric, value);
      const about = { metric, value, before, registered: registered.get(metric) ?? null };
      changes.push({ ...about, actor, at, message, event: seq, registry });
    }
    return changes;
  });
}

/** The events that came with an import happened before it, in the registry that it names. */
function elsewhereFirst(
  events: readonly RegistryEvent[],
  registry: string | null,
): { event: RegistryEvent; registry: string | null }[] {
  return events.flatMap((event) => [
    ...elsewhereFirst(importedHistory(event), String(event.details['registry'])),
    { event, registry },
  ]);
}

/** The last one of each metric. */
export function latestOfEach(amendments: readonly MetricAmendment[]): MetricAmendment[] {
  return [...new Map(amendments.map((amendment) => [amendment.metric, amendment])).values()];
}

/** `amended by eve in event 5, registered as 0.5` */
export function describeAmendment(amendment: MetricAmendment): string {
  const { before, registered, actor, event, registry } = amendment;
  const where = registry === null ? '' : ` of registry ${registry}`;
  const was = registered === null ? '' : `, registered as ${registered}`;
  return `${before === null ? 'added' : 'amended'} by ${actor} in event ${event}${where}${was}`;
}
