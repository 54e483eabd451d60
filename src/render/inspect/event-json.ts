import type { EventJson } from '../../schemas/event.ts';
import type { RegistryEvent } from '../../core/events/event.ts';
import { importedHistory } from '../../core/versions/version-history.ts';
import { isoTime } from '../format.ts';

/** An event as scripts see it, and so those that an import brought along. */
export function eventJson(event: RegistryEvent): EventJson {
  const { at, clock, action, details } = event;
  const history = importedHistory(event).map(eventJson);
  return {
    // What is replaced keeps its place.
    ...(event as Omit<RegistryEvent, 'clock'>),
    at: isoTime(at),
    ...(clock === undefined ? {} : { clock: isoTime(clock) }),
    ...(action === 'import' ? { details: { ...details, history } } : {}),
  };
}
