import { MlregError, isMlregError } from '../../core/errors.ts';
import { type StageName, type Reference, formatReference } from '../../core/versions/reference.ts';
import type { StagePointer, VersionRecord } from '../../core/versions/version-record.ts';
import type { Version } from '../../core/versions/version.ts';
import { type Registry, authorship } from '../registry.ts';
import { refuseUnfit, requireStage, resolve } from '../resolve.ts';
import { type VerifiedCopies, withVerifiedCopies } from '../verified-copies.ts';
import { type GateInput, type Judged, judgeOf } from './judge-promotion.ts';
import { type MoveResult, moveUntilSettled, movedVersion, requireHolder, unchanged } from './move-stage.ts';
import type { HookRun } from './run-hook.ts';

export interface PromoteInput extends GateInput {
  ref: Required<Reference>;
  stage: StageName;
  /** The version that must hold the stage now; `none`: the stage must be empty. */
  expect?: Version | 'none';
  /** Say what would happen, change nothing. */
  dryRun?: boolean;
  /** Promote even if gates do not pass; then `message` must say why. */
  force?: boolean | undefined;
  message?: string;
}

/**
 * Pushes a version onto a stage's stack, if it meets the registry's policy and the other
 * requirements. Promoting the current holder again changes nothing, whatever was expected or
 * required. A version that the gates refuse is also a result: see `blocked`, and `gateFailure` for
 * the error it becomes. The attempt is recorded as an event.
 */
export async function promote(registry: Registry, input: PromoteInput): Promise<MoveResult> {
  const { ref, stage, dryRun, force, message } = input;
  if (force === true && (message ?? '').trim() === '') {
    throw new MlregError('USAGE', '--force needs a reason', { hint: '--force -m "why"' });
  }
  const record = await resolve(registry, ref);
  await requireStage(registry, stage);
  const { moved, onPromote } = await withVerifiedCopies(registry, 'promote', (copies) =>
    judgeAndMove(registry, record, input, copies),
  );
  const result = { ...moved, subject: movedVersion(record) };
  if (result.blocked !== undefined && dryRun !== true) return noteBlocked(registry, result, message);
  if (result.event === null || !result.changed) return result;
  if (onPromote.length === 0) return result;
  const { runHook } = await import('./run-hook.ts');
  const warnings = [...result.warnings];
  const hooks: HookRun[] = [];
  for (const command of onPromote) {
    const ran = await runHook(registry, command, result.event);
    hooks.push(ran.hook);
    warnings.push(...ran.warnings);
  }
  return { ...result, hooks, warnings };
}

/** Makes the move, then runs the programs that the policies name. */
async function judgeAndMove(
  registry: Registry,
  record: VersionRecord,
  input: PromoteInput,
  copies: VerifiedCopies,
): Promise<{ moved: MoveResult; onPromote: string[][] }> {
  const { stage, expect, dryRun, force, message } = input;
  const judge = await judgeOf(registry, record, stage, input, copies);
  let onPromote: string[][] = [];
  const moved = await moveUntilSettled(registry, record.name, stage, async (pointer) => {
    if (pointer.version === record.version) {
      await copies.verify(record);
      return { ...unchanged(pointer), warnings: notJudged(record, input) };
    }
    await refuseUnfit(registry, record, stage);
    requireHolder(pointer, expect);
    const judged = await judge(pointer);
    onPromote = judged.onPromote;
    if (judged.failing.length > 0 && force !== true) return blockedResult(pointer, record, judged, dryRun);
    const evidence = evidenceOf(judged);
    if (dryRun === true) return { ...wouldMove(pointer, record.version), ...evidence };
    return {
      model: record.name,
      stage,
      action: 'promote',
      to: { push: record.version },
      judgedOn: judged.judgedOn,
      ...(judged.gates.length === 0 ? {} : { evidence }),
      ...authorship(registry, message),
    };
  });
  return { moved, onPromote };
}

/**
 * Promoting the current holder again is a retry, so no gate stops it. But a caller who asked for
 * gates should know that none was judged.
 */
function notJudged(
  { name, version }: VersionRecord,
  { stage, require = [], policy }: PromoteInput,
): string[] {
  if (require.length === 0 && policy === undefined) return [];
  const ref = formatReference(name, version);
  return [
    `${ref} already holds ${stage}; its gates were not run (run them with mlreg policy check ${ref} --to ${stage})`,
  ];
}

function evidenceOf({ gates, failing }: Judged): Pick<MoveResult, 'gates' | 'overridden'> {
  return failing.length === 0 ? { gates } : { gates, overridden: failing.map(({ gate }) => gate) };
}

function wouldMove(pointer: StagePointer, to: Version): MoveResult {
  return { ...unchanged(pointer), to, dryRun: true };
}

function blockedResult(
  pointer: StagePointer,
  { version }: VersionRecord,
  { gates, hint }: Judged,
  dryRun: boolean | undefined,
): MoveResult {
  const kept = dryRun === true ? '' : `see the results with mlreg history ${pointer.model} --gates, or `;
  const blocked = { version, hint: hint ?? `${kept}override the gates with --force -m "why"` };
  return { ...unchanged(pointer), gates, blocked, ...(dryRun === true ? { dryRun } : {}) };
}

/** If the refusal cannot be recorded, the promotion is still refused. */
async function noteBlocked(
  registry: Registry,
  result: MoveResult,
  message: string | undefined,
): Promise<MoveResult> {
  const { name, stage, from, gates, blocked } = result;
  if (blocked === undefined) return result;
  try {
    const event = await registry.metadata.note({
      action: 'blocked',
      model: name,
      version: blocked.version,
      stage,
      details: { gates, holder: from },
      ...authorship(registry, message),
    });
    return { ...result, event };
  } catch (error) {
    if (!isMlregError(error, 'STORAGE') && !isMlregError(error, 'BUSY')) throw error;
    return { ...result, warnings: [...result.warnings, `the attempt was not recorded: ${error.message}`] };
  }
}
