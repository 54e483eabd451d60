import type { EventBody } from './events/event.ts';

/**
 * How far ahead the clocks of computers that share a registry may be of each other, in
 * milliseconds.
 */
export const clockTolerance = 60_000;

/**
 * The writer's clock. Events of an early format do not record it: for them, the time in the chain.
 */
export function clockOf({ at, clock }: Pick<EventBody, 'at' | 'clock'>): number {
  return clock ?? at;
}

/**
 * The warning for a user who writes while the clock is behind the chain by more than the tolerance;
 * undefined if it is not.
 */
export function slowClock(now: number, chain: number): string | undefined {
  if (now >= chain - clockTolerance) return undefined;
  const [here, there] = [now, chain].map((time) => new Date(time).toISOString());
  return `the clock says ${here}, but the last event is from ${there}: set the clock; if it is right, run mlreg doctor --fix-clock -m "why"`;
}

/**
 * A recorded time whose clock cannot be checked. A time in the future was wrong, and counts as now.
 */
export function notLater(time: number, now: number): number {
  return time > now + clockTolerance ? now : time;
}

/** Epoch milliseconds within the range of Date. */
export function isTime(value: unknown): value is number {
  return Number.isSafeInteger(value) && Math.abs(value as number) <= 8.64e15;
}
