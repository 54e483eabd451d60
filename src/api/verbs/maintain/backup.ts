import * as z from 'zod';
import { backup, type BackupResult } from '../../../registry/maintain/backup.ts';
import type { OnProgress } from '../../../registry/registry.ts';
import { checkpoint } from '../../../schemas/checkpoint.ts';
import { byteCount, count } from '../../../schemas/kinds.ts';
import { changing } from '../../../schemas/result.ts';
import type { Call } from '../../call.ts';
import * as given from '../../given.ts';
import { defineVerb } from '../../verb.ts';

/** @internal */
export { backup };

export type { BackupResult };

/** @internal */
export const backupVerb = /* @__PURE__ */ defineVerb({
  name: 'backup',
  input: () => z.strictObject({ directory: given.path, onProgress: given.callback<OnProgress>() }),
  output: () =>
    changing('backup', {
      directory: z.string().describe('The copy: a separate registry with the same id'),
      checked: z
        .strictObject({ events: count, blobs: count, bytes: byteCount })
        .describe('Events and blobs verified in the copy'),
      checkpoint: checkpoint.describe('The last event in the copy'),
    }),
  run: backup,
});

export interface BackupMethods {
  /**
   * Makes a consistent copy of the registry in an empty or new folder, and verifies every byte of
   * it. The copy is a registry with the same id. Others can use the registry at the same time.
   *
   * @example
   * const { directory, checked } = await registry.backup('/mnt/backups/models-monday');
   */
  backup(directory: string, options?: { onProgress?: OnProgress }): Promise<BackupResult>;
}

/** @internal */
export const backupMethods = (call: Call): BackupMethods => ({
  backup: (directory, options) => call(backupVerb, { directory }, options),
});
