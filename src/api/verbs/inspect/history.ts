import * as z from 'zod';
import type { Checkpoint } from '../../../core/events/checkpoint.ts';
import { checkpoint, history, type HistoryResult as History } from '../../../registry/inspect/history.ts';
import { checkpoint as head } from '../../../schemas/checkpoint.ts';
import { event } from '../../../schemas/event.ts';
import { gate } from '../../../schemas/gate.ts';
import { modelName, nextPage, stageName, time, version } from '../../../schemas/kinds.ts';
import { reading } from '../../../schemas/result.ts';
import type { Call } from '../../call.ts';
import * as given from '../../given.ts';
import type { PageOptions } from '../../options.ts';
import type { Plain } from '../../plain.ts';
import { defineVerb } from '../../verb.ts';

/** @internal */
export { checkpoint, history };

export type HistoryResult = Plain<History>;

export interface HistoryOptions extends PageOptions {
  /** Only this stage. */
  stage?: string;
  /**
   * Return the holders of the stages at this time (a Date or epoch milliseconds) instead of events.
   */
  at?: Date | number;
}

const output = () =>
  reading('history', {
    at: time.optional().describe('With --at: the requested time'),
    holders: z
      .array(
        z.strictObject({
          name: modelName,
          stage: stageName,
          version: version.nullable().describe('null: the stage was empty'),
          since: time,
        }),
      )
      .optional()
      .describe('With --at: holders of the stages at that time'),
    events: z
      .array(
        z.union([
          event,
          z.strictObject({ ...event.shape, gates: z.array(gate) }).describe('With --gates: gate results'),
        ]),
      )
      .describe('Newest first; with --at, the last move of each stage before that time'),
    nextPage,
    checkpoint: head.optional().describe('With --checkpoint (then there are no events)'),
  });

/** @internal */
export const historyVerb = /* @__PURE__ */ defineVerb({
  name: 'history',
  input: () =>
    z.strictObject({
      name: given.modelName.optional(),
      stage: given.stageName.optional(),
      at: given.instant.optional(),
      ...given.pageFields(100_000),
    }),
  output,
  run: history,
});

/** @internal */
export const checkpointVerb = /* @__PURE__ */ defineVerb({
  name: 'history.checkpoint',
  input: () => given.nothing,
  output,
  run: checkpoint,
});

export interface HistoryMethods {
  /**
   * Events of the registry or of one model, newest first. With `at`: the holders of the stages at
   * that time.
   *
   * @example
   * const { events } = await registry.history('digits', { stage: 'production', limit: 5 });
   * const { holders } = await registry.history('digits', { at: new Date('2026-03-01T12:00Z') });
   */
  history(options?: HistoryOptions): Promise<HistoryResult>;
  history(name: string, options?: HistoryOptions): Promise<HistoryResult>;
  /**
   * The head of the chain of events. Saved elsewhere, it lets `verify` prove later that the history
   * up to it is unchanged.
   *
   * @example
   * const saved = await registry.checkpoint();
   * const { ok } = await registry.verify(undefined, { checkpoint: saved });
   */
  checkpoint(): Promise<Checkpoint>;
}

/** @internal */
export const historyMethods = (call: Call): HistoryMethods => ({
  history: (first?: string | HistoryOptions, second?: HistoryOptions) =>
    typeof first === 'string'
      ? call(historyVerb, { name: first }, second)
      : call(historyVerb, { name: undefined }, first),
  checkpoint: () => call(checkpointVerb, {}, {}),
});
