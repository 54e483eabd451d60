import type { StageName } from '../core/events/stage.ts';
import type { StagePointer } from '../core/versions/version-record.ts';
import type { Facts } from './evidence.ts';

/** The pointers of those of the given stages that the candidate holds now. */
export async function heldStages(
  stages: readonly StageName[],
  { candidate, pointer }: Facts,
): Promise<StagePointer[]> {
  const pointers = await Promise.all(stages.map((stage) => pointer(stage)));
  return pointers.filter(({ version }) => version === candidate.version);
}

/** Why so little time counts. */
export function wrongClock(event: string): string {
  return `; the clock was wrong when ${event}, so only the time since its correction counts`;
}

/**
 * The hint if no time counts because the clock was wrong. Once the clock is corrected, time counts
 * again, and waiting is all that helps.
 */
export function hintAtClock(time: number): { hint?: string } {
  return time > 0 ? {} : { hint: 'when the clock is right, run mlreg doctor --fix-clock -m "why"' };
}
