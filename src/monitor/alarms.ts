import type { Firing } from './rule.ts';

/** An alarm, by the place of its window among those that the rule sees. */
export interface RaisedAlarm {
  at: number;
  firing: Firing;
  /** The last window at which the rule still said so. */
  lastAt: number;
}

/**
 * One alarm for all firings of a cool-down, which begins with the alarm: for that long it is the
 * same one. `starts` are the windows' starts; all times are epoch milliseconds.
 */
export function alarmsOf(
  firings: readonly (Firing | null)[],
  starts: readonly number[],
  coolDownMs: number,
): RaisedAlarm[] {
  const alarms: RaisedAlarm[] = [];
  for (const [at, firing] of firings.entries()) {
    if (firing === null) continue;
    const last = alarms.at(-1);
    const age = (starts[at] ?? 0) - (starts[last?.at ?? 0] ?? 0);
    if (last !== undefined && age < coolDownMs) last.lastAt = at;
    else alarms.push({ at, firing, lastAt: at });
  }
  return alarms;
}
