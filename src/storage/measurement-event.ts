import type { EventAction, RegistryEvent } from '../core/events/event.ts';
import type { MeasurementHeader } from '../core/measurements/measurement.ts';
import { hashOfMembers, sha256Hex } from './hash-chain.ts';

type Recorded = Pick<MeasurementHeader, 'id' | 'kind' | 'schema' | 'fingerprint' | 'status'>;

/** A measurement as it is stored. */
export interface StoredMeasurement extends Recorded {
  result: unknown;
  samples: Uint8Array;
}

/** Benches had their own events before there were other kinds. */
export function actionOf(kind: string): EventAction {
  return kind === 'bench' ? 'bench' : 'measure';
}

/** What the event of a measurement says about it: enough to detect a changed row. */
export function measurementDetails(stored: StoredMeasurement): Record<string, unknown> {
  const { id, kind, schema, fingerprint, status } = stored;
  const said = { status, fingerprint, result: resultHash(stored) };
  return kind === 'bench'
    ? { bench: id, ...said, ...(schema === 1 ? {} : { schema }) }
    : { measurement: id, kind, schema, ...said };
}

/** Whether the event recorded exactly this. The caller compares its version and time. */
export function isRecordedBy(event: RegistryEvent, stored: StoredMeasurement): boolean {
  if (event.action !== actionOf(stored.kind)) return false;
  const { details } = event;
  const expected = measurementDetails(stored);
  return (
    Object.entries(expected).every(([name, value]) => details[name] === value) &&
    (expected['schema'] ?? 1) === (details['schema'] ?? 1)
  );
}

/** The id of what the event recorded. */
export function recordedId({ action, details }: Pick<RegistryEvent, 'action' | 'details'>): string {
  return String(action === 'bench' ? details['bench'] : details['measurement']);
}

/** For messages. */
export function measurementName(kind: unknown, id: unknown): string {
  return `${kind === 'bench' ? 'benchmark' : 'measurement'} ${String(id)}`;
}

/** Ties a result, samples included, to its event, without null members (see `hashOfMembers`). */
function resultHash({ result, samples }: StoredMeasurement): string {
  return hashOfMembers({ result, samples: sha256Hex(samples) });
}
