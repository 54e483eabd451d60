import { MlregError } from '../core/errors.ts';
import type { RegistryEvent } from '../core/events/event.ts';
import type { Measurement } from '../core/measurements/measurement.ts';
import { isIntact } from '../storage/hash-chain.ts';
import { actionOf, isRecordedBy, measurementName, recordedId } from '../storage/measurement-event.ts';
import type { Registry } from './registry.ts';

/** How many events are read at a time. */
const pageLength = 20;

/**
 * The event that recorded a measurement. INTEGRITY if the two differ, so that a changed row cannot
 * pass a gate; `otherwise` says what else to do than to verify.
 */
export async function requireRecorded<Result extends object>(
  { metadata }: Registry,
  measurement: Measurement<Result>,
  otherwise: string,
): Promise<RegistryEvent> {
  const { id, kind, at, model, version, result } = measurement;
  const samples = await metadata.samples(id);
  let before: number | undefined;
  for (;;) {
    const events = await metadata.events({
      model,
      version,
      actions: [actionOf(kind)],
      ...(before === undefined ? {} : { before }),
      limit: pageLength,
    });
    const event = events.find((one) => recordedId(one) === id);
    if (event !== undefined && samples !== undefined && isIntact(event) && event.at === at)
      if (isRecordedBy(event, { ...measurement, result, samples })) return event;
    before = events.at(-1)?.seq;
    if (event !== undefined || before === undefined) {
      throw new MlregError('INTEGRITY', `the stored ${measurementName(kind, id)} does not match its event`, {
        hint: `run mlreg verify to list all damage, or ${otherwise}`,
      });
    }
  }
}
