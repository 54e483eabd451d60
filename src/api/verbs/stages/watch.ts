import * as z from 'zod';
import { watch, type StageMove as Followed } from '../../../registry/inspect/watch.ts';
import { event } from '../../../schemas/event.ts';
import { count, modelName, stageName, version } from '../../../schemas/kinds.ts';
import { programRun } from '../../../schemas/program-run.ts';
import { reading } from '../../../schemas/result.ts';
import type { Call } from '../../call.ts';
import * as given from '../../given.ts';
import type { Duration } from '../../options.ts';
import type { Plain } from '../../plain.ts';
import { defineVerb } from '../../verb.ts';

/** @internal */
export { watch };
/** @internal */
export { locationText } from '../../../registry/registry.ts';
/** @internal */
export { describeFailure, failureOf, runProgram } from '../../../registry/stages/run-program.ts';

export type StageMove = Plain<Followed>;

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

/** @internal */
export const watchVerb = /* @__PURE__ */ defineVerb({
  name: 'watch',
  input: () =>
    z
      .strictObject({
        name: given.modelName,
        stage: given.stageName,
        since: given.count(0, Number.MAX_SAFE_INTEGER).optional(),
        current: given.flag,
        interval: given.duration.default(2000),
        once: given.flag,
      })
      .transform(({ interval, ...rest }) => {
        if (rest.since !== undefined && rest.current === true) throw given.notTogether('since', 'current');
        return { ...rest, intervalMs: interval };
      }),
  output: () =>
    reading('watch', {
      name: modelName,
      stage: stageName,
      action: z
        .enum(['promote', 'rollback', 'demote', 'current'])
        .nullable()
        .describe(
          'current: the current holder, with --current or after the history was replaced; null (like all following fields): only warnings',
        ),
      from: version
        .nullable()
        .describe('Previous holder; null: the stage was empty, or the action is current'),
      to: version.nullable().describe('New holder; null: the stage is empty'),
      generation: count.nullable().describe('Number of moves of this stage of this model at that time'),
      event: event
        .nullable()
        .describe(
          'Event of the move (current: the last one; null: none); pass its seq to --since to continue after it',
        ),
      exec: programRun.nullable().describe('With --exec: the program that was run'),
    }),
  run: async (registry, input) => watch(registry, input),
});

export interface WatchMethods {
  /**
   * Every move of a stage from now on, each once and in order, until the loop is left or the
   * registry's `signal` is aborted. It polls every `interval`, and continues after the registry was
   * unreadable for a while. If the registry was replaced by one with another history, a move with
   * the action `current` has the current holder.
   *
   * @example
   * for await (const { action, to } of registry.watch('digits', { stage: 'production' })) await deploy(action, to);
   */
  watch(name: string, options: WatchOptions): AsyncGenerator<StageMove, void, undefined>;
}

/** @internal */
export const watchMethods = (call: Call): WatchMethods => ({
  async *watch(name, { onTrouble, ...options }: Partial<WatchOptions> = {}) {
    for await (const found of await call(watchVerb, { name }, options)) {
      if ('move' in found) yield found.move;
      else onTrouble?.(found.trouble);
    }
  },
});
