import type { EventJson } from '../../schemas/event.ts';
import type { RegistryEvent } from '../../core/events/event.ts';
import { eventsWithin } from '../../core/versions/amendments.ts';
import { isoTime } from '../format.ts';

/** An event for scripts, including the events that came with an import. */
export function eventJson(event: RegistryEvent): EventJson {
  const { at, clock, action, details } = event;
  const history = eventsWithin(event).map(eventJson);
  return {
    // A replaced member keeps its position.
    ...(event as Omit<RegistryEvent, 'clock'>),
    at: isoTime(at),
    ...(clock === undefined ? {} : { clock: isoTime(clock) }),
    ...(action === 'import' || action === 'import-events' ? { details: { ...details, history } } : {}),
  };
}
