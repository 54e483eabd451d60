import type { EventBody } from './events/event.ts';

/** Of computers that share a registry, one may be ahead of another by as much, in milliseconds. */
export const clockTolerance = 60_000;

/**
 * What the clock of the writer said; of an event of an early format, which does not say it, the
 * time in the chain.
 */
export function clockOf({ at, clock }: Pick<EventBody, 'at' | 'clock'>): number {
  return clock ?? at;
}

/**
 * What to say to someone who writes while the clock is that much behind the chain; undefined where
 * it is not.
 */
export function slowClock(now: number, chain: number): string | undefined {
  if (now >= chain - clockTolerance) return undefined;
  const [here, there] = [now, chain].map((time) => new Date(time).toISOString());
  return `the clock says ${here}, but the last event is from ${there}: set the clock; if it is right, run mlreg doctor --fix-clock -m "why"`;
}

/**
 * A time that was noted by a clock of which nothing else is known: one that is yet to come was
 * wrong, and counts as now.
 */
export function notLater(time: number, now: number): number {
  return time > now + clockTolerance ? now : time;
}

/** Epoch milliseconds of which a date can be made. */
export function isTime(value: unknown): value is number {
  return Number.isSafeInteger(value) && Math.abs(value as number) <= 8.64e15;
}
