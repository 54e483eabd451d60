import type { RegistryEvent } from '../../core/events/event.ts';
import { importedHistory } from '../../core/versions/version-history.ts';
import type { StagePointer, VersionRecord } from '../../core/versions/version-record.ts';
import type { EventTime } from '../../storage/events.ts';
import type { Registry } from '../registry.ts';

/** Of what no event tells: as if it had happened just now. */
const unknown = (registry: Registry): EventTime => ({ at: registry.now(), trusted: false });

/** When a stage was moved to where the pointer says, as far as clocks can be trusted. */
export async function lastMoveTime(registry: Registry, pointer: StagePointer): Promise<EventTime> {
  const { model, stage, generation } = pointer;
  const actions = ['promote', 'rollback', 'demote'] as const;
  const [event] = await registry.metadata.events({ model, stage, actions, limit: 1 });
  // It has moved since: whoever judges by it will be told.
  if (event?.details['generation'] !== generation) return unknown(registry);
  return registry.metadata.timeOf({ event, now: registry.now() });
}

/** When a version was registered; where that was elsewhere, by the clock there, if that can be. */
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

/** It was registered before it was exported, and imported after that. */
function elsewhere(event: RegistryEvent, imported: EventTime): EventTime {
  const [first] = importedHistory(event);
  if (first === undefined || !imported.trusted) return { ...imported, trusted: false };
  if (first.action === 'import') return elsewhere(first, imported);
  const { at, clock = at } = first;
  return at === clock && at <= imported.at ? { at, trusted: true } : { ...imported, trusted: false };
}
