import { MlregError } from '../core/errors.ts';
import { formatReference, type Reference } from '../core/reference.ts';
import type { StageName } from '../core/stage.ts';
import type { Version } from '../core/version.ts';
import type { StagePointer, VersionRecord } from '../core/version-record.ts';
import { checkBytes } from './check-bytes.ts';
import { moveUntilSettled, requireHolder, unchanged, type MoveResult } from './move-stage.ts';
import { authorship, type Registry } from './registry.ts';
import { requireStage, resolve } from './resolve.ts';

export interface PromoteInput {
  ref: Required<Reference>;
  stage: StageName;
  /** The version that must hold the stage now; `none`: nobody may. */
  expect?: Version | 'none';
  /** Say what would happen, change nothing. */
  dryRun?: boolean;
  message?: string;
}

/** Pushes a version onto a stage's stack. Promoting the holder again changes nothing, whatever was expected. */
export async function promote(
  registry: Registry,
  { ref, stage, expect, dryRun, message }: PromoteInput,
): Promise<MoveResult> {
  const record = await resolve(registry, ref);
  await requireStage(registry, stage);
  await checkBytes(registry, record);
  return moveUntilSettled(registry, record.name, stage, async (pointer) => {
    if (pointer.version === record.version) return unchanged(pointer);
    await refuseUnfit(registry, record, stage);
    requireHolder(pointer, expect);
    if (dryRun === true) return wouldMove(pointer, record.version);
    return {
      model: record.name,
      stage,
      action: 'promote',
      to: { push: record.version },
      ...authorship(registry, message),
    };
  });
}

function wouldMove(pointer: StagePointer, to: Version): MoveResult {
  return { ...unchanged(pointer), from: pointer.version, to, dryRun: true };
}

/** CONFLICT if the version was yanked or deleted, as it is now: it may have happened since it was resolved. */
async function refuseUnfit(
  registry: Registry,
  { name, version }: VersionRecord,
  stage: StageName,
): Promise<void> {
  const record = await registry.metadata.version(name, version);
  if (record?.yanked === null && record.deletedAt === null) return;
  const ref = formatReference(name, version);
  throw new MlregError(
    'CONFLICT',
    `${ref} was ${record?.yanked ? 'yanked' : 'deleted'}, so it cannot go to ${stage}${record?.yanked ? `: ${record.yanked.reason}` : ''}`,
    {
      hint: record?.yanked
        ? `promote another version, or lift the yank: mlreg unyank ${ref}`
        : `promote another version: mlreg list ${name}`,
      details: { ref },
    },
  );
}
