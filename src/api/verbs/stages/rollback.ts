import * as z from 'zod';
import { rollback } from '../../../registry/stages/rollback.ts';
import { version } from '../../../schemas/kinds.ts';
import { dryRun, moveFields } from '../../../schemas/move.ts';
import { changing } from '../../../schemas/result.ts';
import type { Call } from '../../call.ts';
import * as given from '../../given.ts';
import type { MoveOptions } from '../../options.ts';
import { defineVerb } from '../../verb.ts';
import type { MoveResult } from './promote.ts';

/** @internal */
export { rollback };

export interface RollbackOptions extends MoveOptions {
  /** Default: production. */
  stage?: string;
  /** Number of rollbacks. Default: 1. */
  steps?: number;
  /** Instead of `steps`: back to this version, which must have held the stage before. */
  toVersion?: string;
  /** Also yank the replaced version. */
  yank?: boolean;
  /** Check the rollback without changing anything. */
  dryRun?: boolean;
}

/** @internal */
export const rollbackVerb = /* @__PURE__ */ defineVerb({
  name: 'rollback',
  input: () =>
    z
      .strictObject({
        name: given.modelName,
        stage: given.stageName.prefault('production'),
        steps: given.count(1, 100_000).optional(),
        toVersion: given.version.optional(),
        yank: given.flag,
        dryRun: given.flag,
        expect: given.expectedHolder.optional(),
        message: given.message,
      })
      .transform(({ steps, toVersion, yank, expect, ...rest }) => {
        if (steps !== undefined && toVersion !== undefined) throw given.notTogether('steps', 'toVersion');
        return {
          ...rest,
          ...given.readExpect(expect, rest.name),
          back: toVersion === undefined ? { steps: steps ?? 1 } : { toVersion },
          yank: yank === true ? (rest.message ?? `rolled back from ${rest.stage}`) : undefined,
        };
      }),
  output: () =>
    changing('rollback', {
      ...moveFields,
      yanked: version
        .optional()
        .describe('The replaced version, if it was yanked too (with --dry-run: would be)'),
      dryRun,
    }),
  run: rollback,
});

export interface RollbackMethods {
  /**
   * Returns a stage to the version that held it before, after verifying its bytes. Rejects
   * `CONFLICT` if there is none.
   *
   * @example
   * const { from, to } = await registry.rollback('digits', { yank: true, message: 'wrong labels' });
   */
  rollback(name: string, options?: RollbackOptions): Promise<MoveResult>;
}

/** @internal */
export const rollbackMethods = (call: Call): RollbackMethods => ({
  rollback: (name, options) => call(rollbackVerb, { name }, options),
});
