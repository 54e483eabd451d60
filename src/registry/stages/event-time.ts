import type { RegistryEvent } from '../../core/events/event.ts';
import { importedHistory } from '../../core/versions/amendments.ts';
import type { StagePointer, VersionRecord } from '../../core/versions/version-record.ts';
import type { EventTime } from '../../storage/events.ts';
import type { Registry } from '../registry.ts';

/** If no event tells the time: as if it had happened just now. */
const unknown = (registry: Registry): EventTime => ({ at: registry.now(), trusted: false });

/** When the stage was moved to where the pointer says, as far as the clock can be trusted. */
export async function lastMoveTime(registry: Registry, pointer: StagePointer): Promise<EventTime> {
  const { model, stage, generation } = pointer;
  const actions = ['promote', 'rollback', 'demote'] as const;
  const [event] = await registry.metadata.events({ model, stage, actions, limit: 1 });
  // The stage has moved since the pointer was read; the move that follows will notice.
  if (event?.details['generation'] !== generation) return unknown(registry);
  return registry.metadata.timeOf({ event, now: registry.now() });
}

/**
 * When a version was registered. For an imported version, the time by the other machine's clock, if
 * it can be trusted.
 */
export async function registrationTime(
  registry: Registry,
  { name, version }: VersionRecord,
): Promise<EventTime> {
  const actions = ['register', 'import'] as const;
  const [event] = await registry.metadata.events({ model: name, version, actions, limit: 1 });
  if (event === undefined) return unknown(registry);
  const here = await registry.metadata.timeOf({ event, now: registry.now() });
  return event.action === 'register' ? here : elsewhere(event, here);
}

/** The version was registered before its export, which was before the import. */
function elsewhere(event: RegistryEvent, imported: EventTime): EventTime {
  const [first] = importedHistory(event);
  if (first === undefined || !imported.trusted) return { ...imported, trusted: false };
  if (first.action === 'import') return elsewhere(first, imported);
  const { at, clock = at } = first;
  return at === clock && at <= imported.at ? { at, trusted: true } : { ...imported, trusted: false };
}
