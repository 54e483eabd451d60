import { clockOf, clockTolerance, type RegistryEvent } from '../../core/events/event.ts';
import { MlregError } from '../../core/errors.ts';
import { authorship, type Registry } from '../registry.ts';

export interface FixClockResult {
  /** False: no clock was wrong since the last correction, so nothing was recorded. */
  changed: boolean;
  /** How many events since the last correction were written by a wrong clock. */
  wrong: number;
  event: RegistryEvent | null;
}

/**
 * No registry is older than this. A clock that lost its time starts in 1970, in 2000 or in the year
 * its board was made.
 */
const earliest = Date.UTC(2025, 0, 1);

/**
 * Records that this machine's clock is right now, if events have impossible times. These times are
 * no longer trusted, and new times in the chain follow the clock again. USAGE without a reason, or
 * if the clock is obviously wrong.
 */
export async function fixClock(registry: Registry, message: string | undefined): Promise<FixClockResult> {
  if ((message ?? '').trim() === '') {
    throw new MlregError('USAGE', '--fix-clock needs a reason', {
      hint: 'mlreg doctor --fix-clock -m "why"',
    });
  }
  const by = authorship(registry, message);
  if (by.at < earliest) {
    throw new MlregError('USAGE', `the clock says ${new Date(by.at).toISOString()}, which cannot be true`, {
      hint: 'set the clock of this machine first',
    });
  }
  const { wrong } = await wrongClocks(registry, by.at);
  if (wrong === 0) return { changed: false, wrong, event: null };
  return { changed: true, wrong, event: await registry.metadata.fixClock({ ...by, wrong }) };
}

const slice = 500;

/**
 * Counts the events since the last correction whose clock was ahead of `now`, or behind an earlier
 * event.
 */
export async function wrongClocks(
  { metadata }: Registry,
  now: number,
): Promise<{ wrong: number; last: RegistryEvent | undefined }> {
  const [correction] = await metadata.events({ model: null, actions: ['fix-clock'], limit: 1 });
  let last = correction;
  let wrong = correction !== undefined && correction.at > now + clockTolerance ? 1 : 0;
  for (;;) {
    const events = await metadata.eventsAscending({ after: last?.seq ?? 0, limit: slice });
    for (const event of events) {
      const clock = clockOf(event);
      if (clock > now + clockTolerance || clock < event.at - clockTolerance) wrong += 1;
    }
    last = events.at(-1) ?? last;
    if (events.length < slice) return { wrong, last };
  }
}
