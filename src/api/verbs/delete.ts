import * as z from 'zod';
import { deleteVersion, type DeleteResult as Deleted } from '../../registry/versions/delete-version.ts';
import { digest, modelName, reference, version } from '../../schemas/kinds.ts';
import { changing } from '../../schemas/result.ts';
import type { Call } from '../call.ts';
import * as given from '../given.ts';
import type { ChangeOptions } from '../options.ts';
import type { Plain } from '../plain.ts';
import { defineVerb } from '../verb.ts';

/** @internal */
export { deleteVersion };

export type DeleteResult = Plain<Deleted>;

/** @internal */
export const deleteVerb = /* @__PURE__ */ defineVerb({
  name: 'delete',
  input: () => z.strictObject({ ref: given.explicitReference, message: given.message }),
  output: () => changing('delete', { ref: reference, name: modelName, version, digest }),
  run: deleteVersion,
});

export interface DeleteMethods {
  /**
   * Deletes a version; its number is never reused. Rejects `CONFLICT` while a stage points at it.
   *
   * @example
   * await registry.delete('digits@1.0.0', { message: 'registered by mistake' });
   */
  delete(ref: string, options?: ChangeOptions): Promise<DeleteResult>;
}

/** @internal */
export const deleteMethods = (call: Call): DeleteMethods => ({
  delete: (ref, options) => call(deleteVerb, { ref }, options),
});
