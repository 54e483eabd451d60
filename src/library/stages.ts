import { MlregError } from '../core/errors.ts';
import { parseModelName } from '../core/versions/model-name.ts';
import { parseExplicitReference } from '../core/versions/reference.ts';
import { parseStageName } from '../core/events/stage.ts';
import { parseVersion } from '../core/versions/version.ts';
import { demote } from '../registry/stages/demote.ts';
import { history, type HistoryResult as History } from '../registry/inspect/history.ts';
import type { MoveResult as Moved } from '../registry/stages/move-stage.ts';
import { gateFailure, promote } from '../registry/stages/promote.ts';
import type { Registry } from '../registry/registry.ts';
import { rollback } from '../registry/stages/rollback.ts';
import { hookFailure } from '../registry/stages/run-hook.ts';
import { watch, type StageMove as Followed } from '../registry/inspect/watch.ts';
import { gateInput, type Policy } from './gate-input.ts';
import type { Plain } from '../api/plain.ts';
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
  /** Only if this version holds the stage now; `none` or null: only if it is empty. Otherwise rejects `CONFLICT`. */
  expect?: string | null;
  /** Why, for the history. */
  message?: string;
}

export interface PromoteOptions extends MoveOptions {
  /** The stage. */
  to: string;
  /** Check the promotion without changing anything. */
  dryRun?: boolean;
  /** Gates in addition to those of the policy: `accuracy>=0.97`, `accuracy>=production-0.005`, `p95<20ms`, `golden` … */
  require?: string | string[];
  /** A policy to meet in addition to the registry's own. */
  policy?: Policy;
  /** Verdict of gates that compare with an empty stage. Default: block. */
  whenEmpty?: 'block' | 'pass';
  /** Use a stored benchmark of the same bytes, inputs and machine if it is at most this old, instead of measuring. */
  reuseBench?: Duration;
  /** Promote even if gates do not pass; requires `message`. */
  force?: boolean;
  /** Reject `HOOK_FAILED` if the policy's onPromote program fails. The stage has moved anyway. */
  failOnHook?: boolean;
}

export interface RollbackOptions extends MoveOptions {
  /** Default: production. */
  stage?: string;
  /** Number of rollbacks. Default: 1. */
  steps?: number;
  /** Instead of `steps`: back to this version, which must have held the stage before. */
  toVersion?: string;
  /** Also yank the replaced version. */
  yank?: boolean;
}

export interface DemoteOptions extends MoveOptions {
  stage: string;
}

export interface HistoryOptions {
  /** Only this stage. */
  stage?: string;
  /** Return the holders of the stages at this time (a Date or epoch milliseconds) instead of events. */
  at?: Date | number;
  /** Page size. Default: 50. */
  limit?: number;
  /** The `nextPage` of the previous page. */
  page?: string;
}

export interface WatchOptions {
  stage: string;
  /** Sequence number of the last known event. Default: the newest event. */
  since?: number;
  /** Start with the current holder: a move whose action is `current`. Not with `since`. */
  current?: boolean;
  /** Polling interval. Default: 2 s. */
  interval?: Duration;
  /** Look once: what has happened `since`. */
  once?: boolean;
  /** Called when the registry cannot be read, with the reason, and when it can be read again. */
  onTrouble?: (message: string) => void;
}

export interface StageMethods {
  /**
   * Points a stage at a version, after verifying its bytes and checking its gates. Promoting the holder again resolves with `changed: false`.
   * Rejects `GATE_FAILED` if a gate does not pass (see `details.gates`); then only the attempt is recorded.
   *
   * @example
   * await registry.promote('digits@1.1.0', { to: 'production', expect: '1.0.0', message: 'more accurate' });
   */
  promote(ref: string, options: PromoteOptions): Promise<MoveResult>;
  /**
   * Returns a stage to the version that held it before, after verifying its bytes. Rejects `CONFLICT` if there is none.
   *
   * @example
   * const { from, to } = await registry.rollback('digits', { yank: true, message: 'wrong labels' });
   */
  rollback(name: string, options?: RollbackOptions): Promise<MoveResult>;
  /**
   * Empties a stage; a rollback restores its holder.
   *
   * @example
   * await registry.demote('digits', { stage: 'staging' });
   */
  demote(name: string, options: DemoteOptions): Promise<MoveResult>;
  /**
   * Events of the registry or of one model, newest first. With `at`: the holders of the stages at that time.
   *
   * @example
   * const { events } = await registry.history('digits', { stage: 'production', limit: 5 });
   * const { holders } = await registry.history('digits', { at: new Date('2026-03-01T12:00Z') });
   */
  history(options?: HistoryOptions): Promise<HistoryResult>;
  history(name: string, options?: HistoryOptions): Promise<HistoryResult>;
  /**
   * Every move of a stage from now on, each once and in order, until the loop is left or the registry's `signal` is aborted. It polls every
   * `interval`, and continues after the registry was unreadable for a while. If the registry was replaced by one with another history, a
   * move with the action `current` has the current holder.
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
      const problem = gateFailure(result) ?? (failOnHook === true ? hookFailure(result) : undefined);
      if (problem !== undefined) throw problem;
      return result;
    },
    async rollback(name, { stage = 'production', steps, toVersion, yank, expect, message, ...rest } = {}) {
      nothingElse('rollback', rest);
      if (steps !== undefined && toVersion !== undefined)
        throw new MlregError('INVALID_INPUT', 'steps and toVersion cannot be used together', {
          hint: 'omit one of them',
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
        throw new MlregError('INVALID_INPUT', 'since and current cannot be used together', {
          hint: 'omit one of them',
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
