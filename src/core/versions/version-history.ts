import { amend, type Amendment } from '../metadata/amendment.ts';
import { isTime } from '../clock.ts';
import type { RegistryEvent } from '../events/event.ts';

/** What of a version changes after its registration, as its events tell it. */
export interface VersionState {
  tags: Record<string, string>;
  amended: Amendment | null;
  yanked: { at: number; actor: string; reason: string } | null;
}

/**
 * Events of one version, oldest first, where an import is followed by all that it brought along: in
 * front of it, as it happened before.
 */
export function wholeHistory(events: readonly RegistryEvent[]): RegistryEvent[] {
  return events.flatMap((event) => [...wholeHistory(importedHistory(event)), event]);
}

/**
 * The events that an import brought along; none for any other event, or where a damaged one holds
 * no such list.
 */
export function importedHistory({ action, details }: RegistryEvent): RegistryEvent[] {
  const { history } = details;
  if (action !== 'import' || !Array.isArray(history)) return [];
  return history.filter(isEvent);
}

/** What whoever shows or replays it relies on. */
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
 * Replays the events of a version, as `wholeHistory` gives them. `given` are the tags of its
 * registration. `damaged`: an event holds no such change.
 */
export function replay(
  given: Record<string, string>,
  events: readonly RegistryEvent[],
): VersionState & { damaged: boolean } {
  const tags = new Map(Object.entries(given));
  let amended: Amendment | null = null;
  let yanked: VersionState['yanked'] = null;
  let damaged = false;
  for (const { action, at, actor, message, details } of events) {
    if (action === 'yank') yanked = { at, actor, reason: message ?? '' };
    else if (action === 'unyank') yanked = null;
    else if (action === 'describe') amended = amend(amended, details);
    else if (action === 'tag') {
      const { set, remove } = details;
      if (typeof set !== 'object' || set === null || !Array.isArray(remove)) {
        damaged = true;
        continue;
      }
      for (const [key, value] of Object.entries(set as Record<string, string>)) tags.set(key, value);
      for (const key of remove) tags.delete(String(key));
    }
  }
  const sorted = [...tags].toSorted(([a], [b]) => (a < b ? -1 : 1));
  return { tags: Object.fromEntries(sorted), amended, yanked, damaged };
}
