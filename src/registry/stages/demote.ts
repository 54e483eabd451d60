import type { ModelName, StageName } from '../../core/versions/reference.ts';
import type { Version } from '../../core/versions/version.ts';
import { moveUntilSettled, requireHolder, unchanged, type MoveResult } from './move-stage.ts';
import { authorship, type Registry } from '../registry.ts';
import { requireModel, requireStage } from '../resolve.ts';

export interface DemoteInput {
  name: ModelName;
  stage: StageName;
  expect?: Version | 'none';
  message?: string;
}

/** Empties a stage; a rollback restores its holder. */
export async function demote(
  registry: Registry,
  { name, stage, expect, message }: DemoteInput,
): Promise<MoveResult> {
  await requireStage(registry, stage);
  await requireModel(registry, name);
  return moveUntilSettled(registry, name, stage, async (pointer) => {
    if (pointer.version === null) return unchanged(pointer);
    requireHolder(pointer, expect);
    return {
      model: name,
      stage,
      action: 'demote',
      to: { push: null },
      ...authorship(registry, message),
    };
  });
}
