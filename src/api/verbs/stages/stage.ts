import * as z from 'zod';
import {
  addStage,
  listStages,
  removeStage,
  type StagesResult as Stages,
} from '../../../registry/stages/stages.ts';
import { stageName } from '../../../schemas/kinds.ts';
import { changing } from '../../../schemas/result.ts';
import type { Call } from '../../call.ts';
import * as given from '../../given.ts';
import type { ChangeOptions } from '../../options.ts';
import type { Plain } from '../../plain.ts';
import { defineVerb } from '../../verb.ts';

/** @internal */
export { addStage, listStages, removeStage };

export type StagesResult = Plain<Stages>;

const output = () => changing('stage', { stages: z.array(stageName).describe('Declared stages in order') });

/** @internal */
export const stageListVerb = /* @__PURE__ */ defineVerb({
  name: 'stage.list',
  input: () => given.nothing,
  output,
  run: listStages,
});

/** @internal */
export const stageAddVerb = /* @__PURE__ */ defineVerb({
  name: 'stage.add',
  input: () =>
    z
      .strictObject({ name: given.stageName, after: given.stageName.optional(), message: given.message })
      .transform(({ name, ...rest }) => ({ ...rest, stage: name })),
  output,
  run: addStage,
});

/** @internal */
export const stageRemoveVerb = /* @__PURE__ */ defineVerb({
  name: 'stage.remove',
  input: () =>
    z
      .strictObject({ name: given.stageName, message: given.message })
      .transform(({ name, ...rest }) => ({ ...rest, stage: name })),
  output,
  run: removeStage,
});

export interface DeclaredStages {
  /**
   * The stages that the registry declares, in the order in which a version passes them.
   *
   * @example
   * const { stages } = await registry.stage.list();
   */
  list(): Promise<StagesResult>;
  /**
   * Declares a stage, at the end of the order or after another one.
   *
   * @example
   * await registry.stage.add('canary', { after: 'staging' });
   */
  add(name: string, options?: ChangeOptions & { after?: string }): Promise<StagesResult>;
  /**
   * Withdraws a stage. Rejects `CONFLICT` while a model holds it.
   *
   * @example
   * await registry.stage.remove('canary');
   */
  remove(name: string, options?: ChangeOptions): Promise<StagesResult>;
}

export interface StageMethods {
  /** The declared stages. */
  readonly stage: DeclaredStages;
}

/** @internal */
export const stageMethods = (call: Call): StageMethods => ({
  stage: {
    list: () => call(stageListVerb, {}, {}),
    add: (name, options) => call(stageAddVerb, { name }, options),
    remove: (name, options) => call(stageRemoveVerb, { name }, options),
  },
});
