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
