import { MlregError } from '../../core/errors.ts';
import { type ModelName, formatReference, type StageName } from '../../core/versions/reference.ts';
import type { Version } from '../../core/versions/version.ts';
import type { StackEntry, StagePointer, VersionRecord } from '../../core/versions/version-record.ts';
import { checkBytes } from '../check-bytes.ts';
import { requireModel, requireStage } from '../resolve.ts';
import { rollbackTarget, walkStack } from './rollback-target.ts';
import { moveUntilSettled, movedVersion, requireHolder, unchanged, type MoveResult } from './move-stage.ts';
import { authorship, refuseLostHistory, type Registry } from '../registry.ts';

export interface RollbackInput {
  name: ModelName;
  stage: StageName;
  /** How far: a number of steps, or down to a version that held the stage before. */
  back: { steps: number } | { toVersion: Version };
  expect?: Version | 'none';
  /** Only if the stage was moved this many times: CONFLICT otherwise. */
  ifGeneration?: number;
  /** Also yank the version that leaves the stage, for this reason. */
  yank?: string;
  /** Say what would happen, change nothing. */
  dryRun?: boolean;
  message?: string;
}

/**
 * Pops a stage's stack down to an earlier holder, after verifying that version's bytes. Records one
 * event, whatever the number of steps. A dry run refuses what the rollback would refuse.
 */
export async function rollback(registry: Registry, input: RollbackInput): Promise<MoveResult> {
  const { name, stage, back, expect, ifGeneration, yank, dryRun, message } = input;
  await requireStage(registry, stage);
  await requireModel(registry, name);
  const checked = new Map<Version, VersionRecord>();
  const result = await moveUntilSettled(registry, name, stage, async (pointer) => {
    if ('toVersion' in back && back.toVersion === pointer.version) {
      checked.set(back.toVersion, await recordOf(registry, name, back.toVersion));
      return unchanged(pointer);
    }
    requireHolder(pointer, expect);
    if (ifGeneration !== undefined) requireGeneration(pointer, ifGeneration);
    const entry =
      'steps' in back
        ? await stepsBack(registry, pointer, back.steps)
        : await entryOf(registry, pointer, back.toVersion);
    await checkTarget(registry, name, entry, checked);
    if (dryRun === true) {
      await refuseLostHistory(registry);
      return wouldMove(pointer, entry, yank);
    }
    return {
      model: name,
      stage,
      action: 'rollback',
      to: { pop: entry.seq },
      ...(yank === undefined ? {} : { yankOutgoing: yank }),
      ...authorship(registry, message),
    };
  });
  const record = result.to === null ? undefined : checked.get(result.to);
  return { ...result, ...(record === undefined ? {} : { subject: movedVersion(record) }) };
}

function requireGeneration({ model, stage, generation }: StagePointer, expected: number): void {
  if (generation === expected) return;
  throw new MlregError('CONFLICT', `${stage} of ${model} was moved in the meantime; nothing was moved`, {
    hint: `see who moved it: mlreg history ${model} --stage ${stage}`,
    details: { generation, expected },
  });
}

function wouldMove(pointer: StagePointer, to: StackEntry, yank: string | undefined): MoveResult {
  const { version: from } = pointer;
  const yanked = yank === undefined || from === null ? {} : { yanked: from };
  return { ...unchanged(pointer), to: to.version, ...yanked, dryRun: true };
}

async function stepsBack(registry: Registry, pointer: StagePointer, steps: number): Promise<StackEntry> {
  const entry = await rollbackTarget(registry, pointer, steps);
  if (entry !== undefined) return entry;
  const { model, stage, version } = pointer;
  const holder = version === null ? 'the stage is empty' : `${version} holds it`;
  throw new MlregError(
    'CONFLICT',
    `cannot roll back ${stage} of ${model}${steps === 1 ? '' : ` ${steps} times`}: no earlier version to return to; ${holder}`,
    {
      hint: `see its history: mlreg history ${model} --stage ${stage}; promote a version instead: mlreg promote ${model}@VERSION --to ${stage}`,
      details: { holder: version },
    },
  );
}

/**
 * The highest entry of that version below the top. A version that is not in the stack is refused:
 * it would get into the stage without passing any gate.
 */
async function entryOf(registry: Registry, pointer: StagePointer, version: Version): Promise<StackEntry> {
  const ref = formatReference(pointer.model, version);
  for await (const entry of walkStack(registry, pointer)) {
    if (entry.version !== version) continue;
    if (!entry.yanked && !entry.deleted) return entry;
    throw new MlregError(
      'CONFLICT',
      `cannot roll back ${pointer.stage} to ${ref}: it is ${entry.deleted ? 'deleted' : 'yanked'}`,
      {
        hint: `see its history: mlreg history ${pointer.model}`,
      },
    );
  }
  throw new MlregError('CONFLICT', `${ref} is not an earlier holder of ${pointer.stage}`, {
    hint: `promote it instead: mlreg promote ${ref} --to ${pointer.stage}`,
    details: { holder: pointer.version },
  });
}

async function checkTarget(
  registry: Registry,
  name: ModelName,
  entry: StackEntry,
  checked: Map<Version, VersionRecord>,
): Promise<void> {
  if (entry.version === null || checked.has(entry.version)) return;
  const record = await recordOf(registry, name, entry.version);
  await checkBytes(registry, record);
  checked.set(entry.version, record);
}

async function recordOf(registry: Registry, name: ModelName, version: Version): Promise<VersionRecord> {
  const record = await registry.metadata.version(name, version);
  if (record !== undefined) return record;
  throw new MlregError(
    'INTEGRITY',
    `${formatReference(name, version)} held the stage, but its row is missing`,
    {
      hint: 'mlreg verify',
    },
  );
}
