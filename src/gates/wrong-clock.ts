/** Why so little time is counted. */
export function wrongClock(event: string): string {
  return `; the clock was wrong when ${event}, so only the time since its correction counts`;
}

/**
 * What to type where a wrong clock is why nothing counts; once it was corrected, time counts, and
 * only waiting helps.
 */
export function hintAtClock(time: number): { hint?: string } {
  return time > 0 ? {} : { hint: 'when the clock is right, run mlreg doctor --fix-clock -m "why"' };
}
