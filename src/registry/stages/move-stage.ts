import { formatDuration } from '../../core/text/units.ts';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Digest } from '../../core/versions/artifact.ts';
import { MlregError } from '../../core/errors.ts';
import type { RegistryEvent } from '../../core/events/event.ts';
import { sayFailing, type GateResult } from '../../core/events/gate-result.ts';
import { type ModelName, formatReference, type StageName } from '../../core/versions/reference.ts';
import type { Version } from '../../core/versions/version.ts';
import type { StagePointer, VersionRecord } from '../../core/versions/version-record.ts';
import type { Move } from '../../storage/stages.ts';
import type { Registry } from '../registry.ts';
import { requireStage } from '../resolve.ts';
import type { HookRun } from './run-hook.ts';
import { describeFailure, failureOf } from './run-program.ts';

export interface MovedVersion {
  ref: string;
  version: Version;
  digest: Digest;
}

export function movedVersion({ name, version, artifact }: VersionRecord): MovedVersion {
  return { ref: formatReference(name, version), version, digest: artifact.digest };
}

export interface MoveResult {
  name: ModelName;
  stage: StageName;
  /** The holder before and after; null: the stage is empty. */
  from: Version | null;
  to: Version | null;
  generation: number;
  changed: boolean;
  /**
   * The version that was to hold the stage: in a blocked promotion, the one that was refused.
   * Absent in a demotion.
   */
  subject?: MovedVersion;
  /** The gates of the promotion. */
  gates: GateResult[];
  /** The gates that did not pass and were overridden. */
  overridden?: string[];
  /** The gates refused this version, and nothing moved. `hint` is the command to run next. */
  blocked?: { version: Version; hint: string };
  /** The event that records the move; null where nothing moved. */
  event: RegistryEvent | null;
  /** The programs that the policy ran after the promotion. */
  hooks?: HookRun[];
  /** The version that left the stage and was, or in a dry run would be, yanked as well. */
  yanked?: Version;
  /** A dry run: nothing was changed. */
  dryRun?: true;
  warnings: string[];
}

/**
 * Reads the pointer, calls `decide`, and makes the change if the pointer has not moved; otherwise
 * reads and decides again. So every decision is about the holder that the change replaces. BUSY if
 * this takes longer than `waitMs`, counted from the end of the first decision, which may be slow.
 */
export async function moveUntilSettled(
  registry: Registry,
  name: ModelName,
  stage: StageName,
  decide: (pointer: StagePointer) => Promise<MoveResult | Omit<Move, 'ifGeneration'>>,
): Promise<MoveResult> {
  let deadline: number | undefined;
  for (;;) {
    const pointer = await registry.metadata.pointer(name, stage);
    const decision = await decide(pointer);
    if ('changed' in decision) return decision;
    const move = await registry.metadata.move({ ...decision, ifGeneration: pointer.generation });
    if (move.outcome === 'moved') {
      const { from, to, generation, event } = move;
      const { gates = [], overridden } = decision.evidence ?? {};
      const yanked = decision.yankOutgoing !== undefined && from !== null ? { yanked: from } : {};
      return {
        name,
        stage,
        from,
        to,
        generation,
        changed: true,
        gates,
        ...(overridden === undefined ? {} : { overridden }),
        event,
        ...yanked,
        warnings: [],
      };
    }
    if (move.outcome === 'undeclared') await requireStage(registry, stage);
    // Since the decision the version was yanked or deleted, or the pointer moved: the next round
    // sees that.
    deadline ??= performance.now() + registry.waitMs;
    if (performance.now() > deadline) {
      throw new MlregError(
        'BUSY',
        `${stage} of ${name} kept changing for longer than ${formatDuration(registry.waitMs)}`,
        {
          hint: 'nothing was changed; try again, or wait longer with --wait 60s',
        },
      );
    }
    await sleep(Math.random() * 5, undefined, { signal: registry.signal }).catch(() =>
      registry.signal?.throwIfAborted(),
    );
  }
}

/** The result of a move that was not needed. */
export function unchanged(pointer: StagePointer): MoveResult {
  const { model: name, stage, version, generation } = pointer;
  return {
    name,
    stage,
    from: version,
    to: version,
    generation,
    changed: false,
    gates: [],
    event: null,
    warnings: [],
  };
}

/** CONFLICT, naming the holder, unless it is the expected one. */
export function requireHolder(
  { model, stage, version, generation }: StagePointer,
  expect: Version | 'none' | undefined,
): void {
  if (expect === undefined || expect === (version ?? 'none')) return;
  const wanted =
    expect === 'none' ? `${stage} of ${model} to be empty` : `${expect} to hold ${stage} of ${model}`;
  throw new MlregError(
    'CONFLICT',
    `expected ${wanted}, but ${version === null ? 'it is empty' : `${version} holds it`}; nothing was moved`,
    {
      hint: `see who moved it: mlreg history ${model} --stage ${stage}`,
      details: { holder: version, expected: expect === 'none' ? null : expect, generation },
    },
  );
}

/** GATE_FAILED, naming the first gate that does not pass; undefined if nothing was blocked. */
export function gateFailure({ name, stage, gates, blocked, dryRun }: MoveResult): MlregError | undefined {
  if (blocked === undefined) return undefined;
  const ref = formatReference(name, blocked.version);
  const failing = gates.filter(({ verdict }) => verdict !== 'pass');
  const did = dryRun === true ? 'would not be' : 'was not';
  return new MlregError('GATE_FAILED', `${ref} ${did} promoted to ${stage}: ${sayFailing(failing)}`, {
    hint: blocked.hint,
    details: { ref, stage, gates: failing },
  });
}

/** HOOK_FAILED if the stage moved and a program that the policy ran afterwards failed. */
export function hookFailure({ name, stage, to, event, hooks = [] }: MoveResult): MlregError | undefined {
  const [first, ...more] = hooks.filter((hook) => failureOf(hook) !== null);
  if (first === undefined || to === null) return undefined;
  const ref = formatReference(name, to);
  const others = more.length === 0 ? '' : ` (and ${more.length} more)`;
  return new MlregError(
    'HOOK_FAILED',
    `${ref} was promoted to ${stage}, but its onPromote hook ${describeFailure(first.command, failureOf(first) ?? '', first)}${others}`,
    {
      hint: `run the program again; to undo the promotion: mlreg rollback ${name} --stage ${stage}`,
      details: { ref, stage, event: event?.seq ?? null, hooks: [first, ...more] },
    },
  );
}
