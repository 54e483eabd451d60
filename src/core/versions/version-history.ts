import { amend, type Amendment } from '../metadata/amendment.ts';
import { isTime } from '../clock.ts';
import type { RegistryEvent } from '../events/event.ts';

/** The facts of a version that change after its registration, according to its events. */
export interface VersionState {
  tags: Record<string, string>;
  amended: Amendment | null;
  yanked: { at: number; actor: string; reason: string } | null;
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
export function importedHistory({ action, details }: RegistryEvent): RegistryEvent[] {
  const { history } = details;
  if (action !== 'import' || !Array.isArray(history)) return [];
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
