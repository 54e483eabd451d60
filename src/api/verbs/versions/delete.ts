import * as z from 'zod';
import { deleteVersion, type DeleteResult as Deleted } from '../../../registry/versions/delete-version.ts';
import {
  deleteModel,
  wouldDelete,
  type DeleteModelResult as DeletedModel,
} from '../../../registry/versions/delete-model.ts';
import { digest, modelName, reference, version } from '../../../schemas/kinds.ts';
import { changing } from '../../../schemas/result.ts';
import type { Call } from '../../call.ts';
import * as given from '../../given.ts';
import type { ChangeOptions } from '../../options.ts';
import type { Plain } from '../../plain.ts';
import { defineVerb } from '../../verb.ts';

/** @internal */
export { deleteModel, deleteVersion, wouldDelete };

export type DeleteResult = Plain<Deleted>;
export type DeleteModelResult = Plain<DeletedModel>;

/** @internal */
export const deleteVerb = /* @__PURE__ */ defineVerb({
  name: 'delete',
  input: () => z.strictObject({ ref: given.explicitReference, message: given.message }),
  output: () => changing('delete', { ref: reference, name: modelName, version, digest }),
  run: deleteVersion,
});

/** @internal */
export const deleteModelVerb = /* @__PURE__ */ defineVerb({
  name: 'delete',
  input: () => z.strictObject({ name: given.modelName, message: given.message }),
  output: () =>
    changing('delete', {
      name: modelName,
      versions: z
        .array(z.strictObject({ version, digest }))
        .describe('The deleted versions of the model, lowest first'),
    }),
  run: deleteModel,
});

export interface DeleteMethods {
  /**
   * Deletes a version; its number is never reused. Rejects `CONFLICT` while a stage points at it.
   *
   * @example
   * await registry.delete('digits@1.0.0', { message: 'registered by mistake' });
   */
  delete(ref: string, options?: ChangeOptions): Promise<DeleteResult>;
  /**
   * Deletes a model with all its versions, or none. Rejects `CONFLICT` while a stage points at one.
   *
   * @example
   * await registry.deleteModel('digits-trial', { message: 'the trial is over' });
   */
  deleteModel(name: string, options?: ChangeOptions): Promise<DeleteModelResult>;
}

/** @internal */
export const deleteMethods = (call: Call): DeleteMethods => ({
  delete: (ref, options) => call(deleteVerb, { ref }, options),
  deleteModel: (name, options) => call(deleteModelVerb, { name }, options),
});
