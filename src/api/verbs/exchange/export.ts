import * as z from 'zod';
import {
  exportVersions,
  streamVersions,
  type ExportResult as Exported,
} from '../../../registry/exchange/export.ts';
import type { OnProgress } from '../../../registry/registry.ts';
import { byteCount, count, digest, modelName, reference, version } from '../../../schemas/kinds.ts';
import { changing } from '../../../schemas/result.ts';
import type { Call } from '../../call.ts';
import * as given from '../../given.ts';
import type { Plain } from '../../plain.ts';
import { defineVerb } from '../../verb.ts';

/** @internal */
export { exportVersions, streamVersions };

export type ExportResult = Plain<Exported>;

export interface ExportOptions {
  /** A file that ends in .tar, or a folder. */
  output: string;
  /** All versions of the named models, including yanked ones. */
  all?: boolean;
  /** Replace an existing export. */
  force?: boolean;
  onProgress?: OnProgress;
}

/** @internal */
export const exportVerb = /* @__PURE__ */ defineVerb({
  name: 'export',
  input: () =>
    z.strictObject({
      refs: z.array(given.reference, { error: 'a list of references' }).readonly(),
      output: given.path,
      all: given.flag.default(false),
      force: given.flag.default(false),
      onProgress: given.callback<OnProgress>(),
    }),
  output: () =>
    changing('export', {
      output: z.string().describe('Output file or folder'),
      form: z.enum(['tar', 'folder']),
      index: digest.describe('Digest of index.json; equal for equal versions and history'),
      size: byteCount,
      files: count.describe('Number of files in the layout'),
      versions: z.array(
        z.strictObject({ ref: reference, name: modelName, version, digest, yanked: z.boolean() }),
      ),
    }),
  run: exportVersions,
});

export interface ExportMethods {
  /**
   * Writes versions, with their metadata, golden sets and history, as an OCI image layout. Rejects
   * `CONFLICT` if the target exists; an export that fails leaves nothing behind.
   *
   * @example
   * await registry.export(['digits@production'], { output: 'digits.tar' });
   */
  export(refs: readonly string[], options: ExportOptions): Promise<ExportResult>;
}

/** @internal */
export const exportMethods = (call: Call): ExportMethods => ({
  export: (refs, options) => call(exportVerb, { refs }, options),
});
