import { MlregError } from '../core/errors.ts';
import { parseModelName } from '../core/model-name.ts';
import { parseExplicitReference } from '../core/reference.ts';
import { parseStageName } from '../core/stage.ts';
import { parseVersion } from '../core/version.ts';
import { demote } from '../registry/demote.ts';
import { history, type HistoryResult as History } from '../registry/history.ts';
import type { MoveResult as Moved } from '../registry/move-stage.ts';
import { blockedBy, promote } from '../registry/promote.ts';
import type { Registry } from '../registry/registry.ts';
import { rollback } from '../registry/rollback.ts';
import { hookObjection } from '../registry/run-hook.ts';
import { watch, type StageMove as Followed } from '../registry/watch.ts';
import { gateInput, type Policy } from './gate-input.ts';
import type { Plain } from './plain.ts';
import {
  count,
  expected,
  instant,
  nothingElse,
  milliseconds,
  optional,
  text,
  type Duration,
} from './values.ts';

export type MoveResult = Plain<Moved>;
export type HistoryResult = Plain<History>;
export type StageMove = Plain<Followed>;

interface MoveOptions {
  /** Only if this version holds the stage now; `none` or null: only if nobody does. Else rejects `CONFLICT`. */
  expect?: string | null;
  /** Why, for the history. */
  message?: string;
}

export interface PromoteOptions extends MoveOptions {
  /** The stage. */
  to: string;
  /** Check, say what would happen, and change nothing. */
  dryRun?: boolean;
  /** Gates beside those of the policy: `accuracy>=0.97`, `accuracy>=production-0.005`, `p95<20ms`, `golden` … */
  require?: string | string[];
  /** A policy that must be met beside the registry's own. */
  policy?: Policy;
  /** What gates that compare with a stage say while nobody holds it. Default: block. */
  whenEmpty?: 'block' | 'pass';
  /** Judge latency by a stored bench of the same bytes and inputs on this machine that is no older, instead of measuring. */
  reuseBench?: Duration;
  /** Promote though gates do not pass; `message` must say why. */
  force?: boolean;
  /** Reject `HOOK_FAILED` where a program that the policy runs after the move fails. The move is done all the same. */
  failOnHook?: boolean;
}

export interface RollbackOptions extends MoveOptions {
  /** Default: production. */
  stage?: string;
  /** How many rollbacks in one. Default: 1. */
  steps?: number;
  /** Instead of `steps`: back to this version, which must have held the stage before. */
  toVersion?: string;
  /** Also mark the version that goes out as unfit. */
  yank?: boolean;
}

export interface DemoteOptions extends MoveOptions {
  stage: string;
}

export interface HistoryOptions {
  /** Only this stage. */
  stage?: string;
  /** Who held the stages then, a Date or epoch milliseconds, instead of all that happened. */
  at?: Date | number;
  /** How many. Default: 50. */
  limit?: number;
  /** The `nextPage` of the one before. */
  page?: string;
}

export interface WatchOptions {
  stage: string;
  /** Sequence number of the last event that is known already. Default: that of the last one that there is. */
  since?: number;
  /** Tell first who holds the stage: a move whose action is `current`. Not with `since`. */
  current?: boolean;
  /** How often to look. Default: 2 s. */
  interval?: Duration;
  /** Look once: what has happened `since`. */
  once?: boolean;
  /** Told why the registry cannot be read for a while, and that it can be again. */
  onTrouble?: (message: string) => void;
}

export interface StageMethods {
  /**
   * Points a stage at a version, after verifying its bytes and judging its gates. Promoting the holder again resolves with `changed: false`.
   * Rejects `GATE_FAILED` where a gate does not pass: `details.gates` says which. Only the refused attempt is recorded then.
   *
   * @example
   * await registry.promote('digits@1.1.0', { to: 'production', expect: '1.0.0', message: 'more accurate' });
   */
  promote(ref: string, options: PromoteOptions): Promise<MoveResult>;
  /**
   * Returns a stage to the version that held it before, after verifying its bytes. Rejects `CONFLICT` where there is none.
   *
   * @example
   * const { from, to } = await registry.rollback('digits', { yank: true, message: 'wrong labels' });
   */
  rollback(name: string, options?: RollbackOptions): Promise<MoveResult>;
  /**
   * Leaves a stage empty; a rollback brings its holder back.
   *
   * @example
   * await registry.demote('digits', { stage: 'staging' });
   */
  demote(name: string, options: DemoteOptions): Promise<MoveResult>;
  /**
   * Who changed what, when and why, newest first: of the registry or of one model. With `at`: who held the stages then.
   *
   * @example
   * const { events } = await registry.history('digits', { stage: 'production', limit: 5 });
   * const { holders } = await registry.history('digits', { at: new Date('2026-03-01T12:00Z') });
   */
  history(options?: HistoryOptions): Promise<HistoryResult>;
  history(name: string, options?: HistoryOptions): Promise<HistoryResult>;
  /**
   * Every move of a stage from now on, each once and in order, until the loop is left or the registry's `signal` is aborted. It looks every
   * `interval`, and goes on when the registry cannot be read for a while. Where the registry was replaced by one with another history, a move
   * with the action `current` says who holds the stage now.
   *
   * @example
   * for await (const { action, to } of registry.watch('digits', { stage: 'production' })) await deploy(action, to);
   */
  watch(name: string, options: WatchOptions): AsyncGenerator<StageMove, void, undefined>;
}

export function stageMethods(registry: Registry): StageMethods {
  return {
    async promote(ref, { to, dryRun, expect, message, ...options }: Partial<PromoteOptions> = {}) {
      const { force, failOnHook, ...gates } = options;
      const result = await promote(registry, {
        ...gateInput('promote', gates),
        force: force === true,
        ref: parseExplicitReference(text('ref', ref)),
        stage: parseStageName(text('to', to)),
        dryRun: dryRun === true,
        ...condition({ expect, message }),
      });
      const problem = blockedBy(result) ?? (failOnHook === true ? hookObjection(result) : undefined);
      if (problem !== undefined) throw problem;
      return result;
    },
    async rollback(name, { stage = 'production', steps, toVersion, yank, expect, message, ...rest } = {}) {
      nothingElse('rollback', rest);
      if (steps !== undefined && toVersion !== undefined)
        throw new MlregError('INVALID_INPUT', 'steps and toVersion exclude each other', {
          hint: 'give one of them',
        });
      return rollback(registry, {
        name: parseModelName(text('name', name)),
        stage: parseStageName(text('stage', stage)),
        back:
          toVersion === undefined
            ? { steps: count('steps', steps ?? 1, 1, 100_000) }
            : { toVersion: parseVersion(text('toVersion', toVersion)) },
        yank: yank === true ? (message ?? `rolled back from ${stage}`) : undefined,
        ...condition({ expect, message }),
      });
    },
    async demote(name, { stage, expect, message, ...rest }: Partial<DemoteOptions> = {}) {
      nothingElse('demote', rest);
      return demote(registry, {
        name: parseModelName(text('name', name)),
        stage: parseStageName(text('stage', stage)),
        ...condition({ expect, message }),
      });
    },
    async history(first: string | HistoryOptions = {}, second: HistoryOptions = {}) {
      const { stage, at, limit, page, ...rest } = typeof first === 'string' ? second : first;
      nothingElse('history', rest);
      return history(registry, {
        name: typeof first === 'string' ? parseModelName(first) : undefined,
        stage: optional(stage, (word) => parseStageName(text('stage', word))),
        at: optional(at, (time) => instant('at', time)),
        limit: count('limit', limit ?? 50, 1, 100_000),
        page: optional(page, (token) => text('page', token)),
      });
    },
    async *watch(
      name,
      { stage, since, current, interval, once, onTrouble, ...rest }: Partial<WatchOptions> = {},
    ): AsyncGenerator<StageMove, void, undefined> {
      nothingElse('watch', rest);
      if (since !== undefined && current === true)
        throw new MlregError('INVALID_INPUT', 'since and current exclude each other', {
          hint: 'give one of them',
        });
      const found = watch(registry, {
        name: parseModelName(text('name', name)),
        stage: parseStageName(text('stage', stage)),
        since: optional(since, (seq) => count('since', seq, 0, Number.MAX_SAFE_INTEGER)),
        current: current === true,
        intervalMs: milliseconds('interval', interval ?? 2000),
        once: once === true,
      });
      for await (const one of found) {
        if ('move' in one) yield one.move;
        else onTrouble?.(one.trouble);
      }
    },
  };
}

function condition({ expect, message }: MoveOptions) {
  return {
    expect: optional(expect, expected),
    message: optional(message, (why) => text('message', why)),
  };
}
