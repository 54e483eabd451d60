import * as z from 'zod';
import { importVersions, type ImportResult as Imported } from '../../registry/exchange/import.ts';
import type { OnProgress } from '../../registry/registry.ts';
import { digest, modelName, reference, uuid, version } from '../../schemas/kinds.ts';
import { changing } from '../../schemas/result.ts';
import type { Call } from '../call.ts';
import * as given from '../given.ts';
import type { ChangeOptions } from '../options.ts';
import type { Plain } from '../plain.ts';
import { defineVerb } from '../verb.ts';

/** @internal */
export { importVersions };

export type ImportResult = Plain<Imported>;

export interface ImportOptions extends ChangeOptions {
  onProgress?: OnProgress;
}

/** @internal */
export const importVerb = /* @__PURE__ */ defineVerb({
  name: 'import',
  input: () =>
    z.strictObject({
      path: given.path,
      message: given.message,
      onProgress: given.callback<OnProgress>(),
    }),
  output: () =>
    changing('import', {
      versions: z.array(
        z.strictObject({
          ref: reference,
          name: modelName,
          version,
          digest,
          changed: z.boolean().describe('False: already exists'),
          registry: uuid.describe('Id of the source registry'),
        }),
      ),
    }),
  run: importVersions,
});

export interface ImportMethods {
  /**
   * Imports all versions of an export under their numbers, or none. Existing versions are not
   * changed.
   *
   * @example
   * const { changed } = await registry.import('digits.tar');
   */
  import(path: string, options?: ImportOptions): Promise<ImportResult>;
}

/** @internal */
export const importMethods = (call: Call): ImportMethods => ({
  import: (path, options) => call(importVerb, { path }, options),
});
