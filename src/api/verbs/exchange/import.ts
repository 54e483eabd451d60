import * as z from 'zod';
import { importVersions, type ImportResult as Imported } from '../../../registry/exchange/import.ts';
import type { OnProgress } from '../../../registry/registry.ts';
import { exactVersion, reference, uuid } from '../../../schemas/kinds.ts';
import { foreignSource } from '../../../schemas/registration.ts';
import { changing } from '../../../schemas/result.ts';
import type { Call } from '../../call.ts';
import * as given from '../../given.ts';
import type { ChangeOptions } from '../../options.ts';
import type { Plain } from '../../plain.ts';
import { defineVerb } from '../../verb.ts';

/** @internal */
export { importVersions };

export type ImportResult = Plain<Imported>;

export interface ImportOptions extends ChangeOptions {
  /** The model's name, for an artifact of another tool. Default: what it says. */
  name?: string;
  /** Its number. Default: what the artifact or its tag says, or else the next one. */
  version?: string;
  /** The part of the highest version to increase instead. */
  bump?: 'auto' | 'major' | 'minor' | 'patch';
  /** Which artifact of the layout: its name or tag, or its digest. */
  select?: string;
  onProgress?: OnProgress;
}

/** @internal */
export const importVerb = /* @__PURE__ */ defineVerb({
  name: 'import',
  input: () =>
    z
      .strictObject({
        path: given.path,
        name: given.modelName.optional(),
        version: given.version.optional(),
        bump: given.oneOf(['auto', 'major', 'minor', 'patch']).optional(),
        select: given.filledText.optional(),
        message: given.message,
        onProgress: given.callback<OnProgress>(),
      })
      .transform(({ version: exact, bump, ...rest }) => ({ ...rest, ...given.readNumber(exact, bump) })),
  output: () =>
    changing('import', {
      versions: z.array(
        z.strictObject({
          ...exactVersion,
          changed: z.boolean().describe('False: already exists, and nothing is new'),
          updated: z.boolean().describe('True: already existed; events that are new were applied'),
          registry: uuid.nullable().describe('Id of the source registry; null: another tool'),
          source: foreignSource.nullable().describe('Artifact of another tool; null: an export'),
        }),
      ),
      kept: z
        .array(
          z.strictObject({
            ref: reference,
            kind: z.enum(['tag', 'metric', 'description', 'yank']),
            name: z.string().nullable().describe('Of the tag or metric'),
            here: z.union([z.string(), z.number()]).nullable().describe('null: none'),
            there: z.union([z.string(), z.number()]).nullable().describe('In the import; null: none'),
          }),
        )
        .describe('Facts of existing versions that were changed here since, and stay'),
    }),
  run: importVersions,
});

export interface ImportMethods {
  /**
   * Imports all versions of an export under their numbers, or none. Existing versions get the
   * events that are new since the last import. An artifact of another tool (ModelPack, KitOps,
   * oras) becomes a new version.
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
