import type { StageName } from '../core/events/stage.ts';
import type { StagePointer } from '../core/versions/version-record.ts';
import type { Facts } from './evidence.ts';

/** The pointers of those of the stages that the candidate holds now. */
export async function heldStages(
  stages: readonly StageName[],
  { candidate, pointer }: Facts,
): Promise<StagePointer[]> {
  const pointers = await Promise.all(stages.map((stage) => pointer(stage)));
  return pointers.filter(({ version }) => version === candidate.version);
}

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
