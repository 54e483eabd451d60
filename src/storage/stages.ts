import type { RegistryEvent } from '../core/events/event.ts';
import type { GateResult } from '../core/events/gate-result.ts';
import type { StageName, ModelName } from '../core/versions/reference.ts';
import type { Version } from '../core/versions/version.ts';
import type { StackEntry, StagePointer } from '../core/versions/version-record.ts';
import type { Authorship } from './events.ts';
import type { VersionKey } from './versions.ts';

/** Declared stages, the pointer and the stack of each per model, and what promotions depend on. */
export interface StageStore {
  /** The declared stages, in order. */
  stages(): Promise<StageName[]>;
  /** Declares a stage after `after`, or at the end. */
  addStage(input: Authorship & { stage: StageName; after?: StageName }): Promise<AddStageOutcome>;
  /** Removes a stage that no model holds. Its moves stay; they count again if it is added again. */
  removeStage(input: Authorship & { stage: StageName }): Promise<RemoveStageOutcome>;

  /** Every stage of the model that has ever been moved, in declared order. */
  pointers(name: ModelName): Promise<StagePointer[]>;
  pointer(name: ModelName, stage: StageName): Promise<StagePointer>;
  /** From the top entry down; `from` is a sequence number to start at instead of the top. */
  stack(query: { name: ModelName; stage: StageName; from?: number; limit: number }): Promise<StackEntry[]>;
  move(input: Move): Promise<MoveOutcome>;
  /**
   * The last move of every (model, stage) at or before `at`, by name, and of one model by the order
   * of the stages, removed stages last.
   */
  movesAt(query: MovesAtQuery): Promise<RegistryEvent[]>;

  /**
   * Applies a policy in place of the current one. `stages` are the stages it was parsed with;
   * `grammar` is the version of the gate grammar, 1 if absent. `changed: false` if the policy is
   * the same.
   */
  applyPolicy(input: NewPolicy): Promise<{ changed: boolean; event: RegistryEvent }>;
  /**
   * Applies a policy that lacks the requirements of the stage `removed`, if the last policy is that
   * of the event `replaces`. Undefined if another one was applied since: nothing was changed.
   */
  removePolicy(
    input: NewPolicy & { replaces: number; removed: StageName },
  ): Promise<RegistryEvent | undefined>;
  /**
   * Records that the actor approves the version for the stage. `changed: false` if the actor
   * already has, and no metric was changed since. The version must exist.
   */
  approve(
    input: Authorship & VersionKey & { stage: StageName },
  ): Promise<{ changed: boolean; event: RegistryEvent }>;
  /** Records an event that changes nothing else. */
  note(input: Note): Promise<RegistryEvent>;
}

/** `stages` is the list after the change, or the current one if nothing changed. */
export type AddStageOutcome = { outcome: 'added' | 'exists' | 'unknown-after'; stages: StageName[] };

export type RemoveStageOutcome =
  | { outcome: 'removed' | 'unknown'; stages: StageName[] }
  /** Models hold it; `models` has the first few. Nothing was changed. */
  | { outcome: 'held'; models: string[] };

export interface NewPolicy extends Authorship {
  policy: object;
  stages: readonly StageName[];
  grammar?: number;
}

export interface Move extends Authorship {
  model: ModelName;
  stage: StageName;
  action: 'promote' | 'demote' | 'rollback';
  /** The generation that the move was decided on. */
  ifGeneration: number;
  /** Push an entry (null empties the stage), or pop down to the entry with this sequence number. */
  to: { push: Version | null } | { pop: number };
  /** Yank the outgoing version in the same change. */
  yankOutgoing?: string;
  /** What else the promotion was judged on; the move is `stale` if any of it has changed. */
  judgedOn?: {
    /** Generations of other stages of the model. */
    generations: { stage: StageName; generation: number }[];
    /** Sequence number of the last `policy` event; null if there was none. */
    policy: number | null;
    /**
     * Versions of the model whose facts were used, each with the sequence number of its last event
     * among `judgedActions`.
     */
    versions: { version: Version; event: number }[];
  };
  /** What the gates found, and which of them were overridden; kept in the event. */
  evidence?: GateEvidence;
}

/** What an event records about the gates of a promotion. */
export interface GateEvidence {
  gates: GateResult[];
  /** Conditions that did not pass and were overridden. */
  overridden?: string[];
}

export type MoveOutcome =
  | { outcome: 'moved'; from: Version | null; to: Version | null; generation: number; event: RegistryEvent }
  /**
   * The pointer, or what the move was judged on, has changed: decide again. Nothing was changed.
   */
  | { outcome: 'stale' }
  /** The target was yanked or deleted since. Nothing was changed. */
  | { outcome: 'unfit' }
  /** The stage is not declared, or no longer declared. Nothing was changed. */
  | { outcome: 'undeclared' };

export interface MovesAtQuery {
  model?: ModelName;
  stage?: StageName;
  /** Epoch milliseconds. */
  at: number;
  /**
   * Clocks later than this (epoch milliseconds) are not trusted. Default: the times in the chain
   * count unchanged.
   */
  now?: number;
  limit: number;
  /** Continues after this stage of this model. */
  after?: { model: ModelName; stage: StageName };
}

/**
 * An event that changes nothing else: a promotion that was refused, a program that failed, a table
 * that was predicted.
 */
export interface Note extends Authorship {
  action: 'blocked' | 'hook' | 'predict' | 'serve';
  model: ModelName;
  version: Version;
  stage: StageName | null;
  details: Record<string, unknown>;
}
