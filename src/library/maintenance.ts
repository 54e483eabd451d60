import { resolve } from 'node:path';
import type { Checkpoint } from '../core/events/checkpoint.ts';
import { backup, type BackupResult } from '../registry/maintain/backup.ts';
import { checkpoint } from '../registry/inspect/history.ts';
import { collectGarbage, type CollectResult as Collected } from '../registry/maintain/collect-garbage.ts';
import type { OnProgress, Registry } from '../registry/registry.ts';
import type { Plain } from '../api/plain.ts';
import { filledText, milliseconds, nothingElse, type Duration } from './values.ts';

export type { BackupResult };
export type CollectResult = Plain<Collected>;

export interface CollectOptions {
  /** Do it; otherwise it is a dry run. Default: false. */
  yes?: boolean;
  /** Also delete everything in trash/ now, permanently. Default: false. */
  purge?: boolean;
  /** Only what has been unused for this long. Default: 24 h. */
  olderThan?: Duration;
  onProgress?: OnProgress;
}

/** Maintenance of a registry. */
export interface KeepingMethods {
  /**
   * Moves unused files to trash/ for 7 days, and removes leftovers of killed processes. Without `yes` it is a dry run.
   * Others can register at the same time; rejects `BUSY` while another collection or backup runs.
   *
   * @example
   * const { freed, blobs } = await registry.gc({ yes: true, olderThan: '7d' });
   */
  gc(options?: CollectOptions): Promise<CollectResult>;
  /**
   * Makes a consistent copy of the registry in an empty or new folder, and verifies every byte of it. The copy is a registry with
   * the same id. Others can use the registry at the same time.
   *
   * @example
   * const { directory, checked } = await registry.backup('/mnt/backups/models-monday');
   */
  backup(directory: string, options?: { onProgress?: OnProgress }): Promise<BackupResult>;
  /**
   * The head of the chain of events. Saved elsewhere, it lets `verify` prove later that the history up to it is unchanged.
   *
   * @example
   * const saved = await registry.checkpoint();
   * const { ok } = await registry.verify(undefined, { checkpoint: saved });
   */
  checkpoint(): Promise<Checkpoint>;
}

export function maintenanceMethods(registry: Registry): KeepingMethods {
  return {
    async gc({ yes, purge, olderThan, onProgress, ...rest } = {}) {
      nothingElse('gc', rest);
      return collectGarbage(registry, {
        yes: yes === true,
        purge: purge === true,
        olderThanMs: milliseconds('olderThan', olderThan ?? 24 * 3600e3),
        ...(onProgress === undefined ? {} : { onProgress }),
      });
    },
    async backup(directory, { onProgress, ...rest } = {}) {
      nothingElse('backup', rest);
      return backup(registry, {
        directory: resolve(filledText('directory', directory)),
        ...(onProgress === undefined ? {} : { onProgress }),
      });
    },
    checkpoint: () => checkpoint(registry),
  };
}
