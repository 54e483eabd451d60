import * as z from 'zod';
import { demote } from '../../../registry/stages/demote.ts';
import { moveFields } from '../../../schemas/move.ts';
import { changing } from '../../../schemas/result.ts';
import type { Call } from '../../call.ts';
import * as given from '../../given.ts';
import type { MoveOptions } from '../../options.ts';
import { defineVerb } from '../../verb.ts';
import type { MoveResult } from './promote.ts';

/** @internal */
export { demote };

export interface DemoteOptions extends MoveOptions {
  stage: string;
}

/** @internal */
export const demoteVerb = /* @__PURE__ */ defineVerb({
  name: 'demote',
  input: () =>
    z
      .strictObject({
        name: given.modelName,
        stage: given.stageName,
        expect: given.expectedHolder.optional(),
        message: given.message,
      })
      .transform(({ expect, ...rest }) => ({ ...rest, ...given.readExpect(expect, rest.name) })),
  output: () => changing('demote', moveFields),
  run: demote,
});

export interface DemoteMethods {
  /**
   * Empties a stage; a rollback restores its holder.
   *
   * @example
   * await registry.demote('digits', { stage: 'staging' });
   */
  demote(name: string, options: DemoteOptions): Promise<MoveResult>;
}

/** @internal */
export const demoteMethods = (call: Call): DemoteMethods => ({
  demote: (name, options) => call(demoteVerb, { name }, options),
});
