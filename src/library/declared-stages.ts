import { parseStageName } from '../core/events/stage.ts';
import type { Registry } from '../registry/registry.ts';
import { addStage, listStages, removeStage, type StagesResult as Stages } from '../registry/stages/stages.ts';
import type { ChangeOptions } from '../api/options.ts';
import type { Plain } from '../api/plain.ts';
import { nothingElse, optional, text } from './values.ts';

export type StagesResult = Plain<Stages>;

export interface DeclaredStages {
  /**
   * The stages that the registry declares, in the order that a version passes them.
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

export function declaredStages(registry: Registry): DeclaredStages {
  return {
    async list() {
      return listStages(registry);
    },
    async add(name, { after, message, ...rest } = {}) {
      nothingElse('stage.add', rest);
      return addStage(registry, {
        stage: parseStageName(text('name', name)),
        after: optional(after, (stage) => parseStageName(text('after', stage))),
        message: optional(message, (why) => text('message', why)),
      });
    },
    async remove(name, { message, ...rest } = {}) {
      nothingElse('stage.remove', rest);
      return removeStage(registry, {
        stage: parseStageName(text('name', name)),
        message: optional(message, (why) => text('message', why)),
      });
    },
  };
}
