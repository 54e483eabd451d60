import { resolve } from 'node:path';
import { parseReference } from '../core/versions/reference.ts';
import { exportVersions, type ExportResult as Exported } from '../registry/exchange/export.ts';
import { importVersions, type ImportResult as Imported } from '../registry/exchange/import.ts';
import type { OnProgress, Registry } from '../registry/registry.ts';
import type { Plain } from '../api/plain.ts';
import { filledText, nothingElse, optional, text } from './values.ts';

export type ExportResult = Plain<Exported>;
export type ImportResult = Plain<Imported>;

export interface ExportOptions {
  /** A file that ends in .tar, or a folder. */
  output: string;
  /** All versions of the named models, including yanked ones. */
  all?: boolean;
  /** Replace an existing export. */
  force?: boolean;
  onProgress?: OnProgress;
}

export interface ImportOptions {
  /** Why, for the history. */
  message?: string;
  onProgress?: OnProgress;
}

export interface ExportMethods {
  /**
   * Writes versions, with their metadata, golden sets and history, as an OCI image layout. Rejects `CONFLICT` if the target
   * exists; an export that fails leaves nothing behind.
   *
   * @example
   * await registry.export(['digits@production'], { output: 'digits.tar' });
   */
  export(refs: readonly string[], options: ExportOptions): Promise<ExportResult>;
  /**
   * Imports all versions of an export under their numbers, or none. Existing versions are not changed.
   *
   * @example
   * const { changed } = await registry.import('digits.tar');
   */
  import(path: string, options?: ImportOptions): Promise<ImportResult>;
}

export function exportMethods(registry: Registry): ExportMethods {
  return {
    async export(refs, { output, all, force, onProgress, ...rest }) {
      nothingElse('export', rest);
      return exportVersions(registry, {
        refs: refs.map((ref) => parseReference(text('ref', ref))),
        output: resolve(filledText('output', output)),
        all: all === true,
        force: force === true,
        onProgress,
      });
    },
    async import(path, { message, onProgress, ...rest } = {}) {
      nothingElse('import', rest);
      return importVersions(registry, {
        path: resolve(filledText('path', path)),
        message: optional(message, (why) => text('message', why)),
        onProgress,
      });
    },
  };
}
