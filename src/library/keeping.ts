import { resolve } from 'node:path';
import type { Checkpoint } from '../core/checkpoint.ts';
import { draftsLike, openRegistry } from '../open-registry.ts';
import { backup, type BackupResult } from '../registry/backup.ts';
import { checkpoint } from '../registry/history.ts';
import { collectGarbage, type CollectResult as Collected } from '../registry/collect-garbage.ts';
import type { OnProgress, Registry } from '../registry/registry.ts';
import type { Plain } from './plain.ts';
import { filledText, milliseconds, nothingElse, type Duration } from './values.ts';

export type { BackupResult };
export type CollectResult = Plain<Collected>;

export interface CollectOptions {
  /** Do it; else only say what would be done. Default: false. */
  yes?: boolean;
  /** Empty trash/ now, with what is taken out this time: nothing of it can be put back. Default: false. */
  purge?: boolean;
  /** Only what has been without use for as long. Default: 24 h. */
  olderThan?: Duration;
  onProgress?: OnProgress;
}

/** What keeps a registry in order. */
export interface KeepingMethods {
  /**
   * Takes out the stored files that no version needs, into trash/ for 7 days, and removes what killed processes left. Without `yes` it only
   * says what it would do. Others may register meanwhile; rejects `BUSY` while another collection or backup runs.
   *
   * @example
   * const { freed, blobs } = await registry.gc({ yes: true, olderThan: '7d' });
   */
  gc(options?: CollectOptions): Promise<CollectResult>;
  /**
   * Copies the registry, as it is at one moment, into a folder that is empty or not there yet, and reads every byte of the copy again. The
   * copy is a registry of its own, with the same id. Others may go on meanwhile.
   *
   * @example
   * const { directory, checked } = await registry.backup('/mnt/backups/models-monday');
   */
  backup(directory: string, options?: { onProgress?: OnProgress }): Promise<BackupResult>;
  /**
   * The head of the chain of events. Kept elsewhere, it lets `verify` prove later that nothing up to it was changed or cut off.
   *
   * @example
   * const saved = await registry.checkpoint();
   * const { ok } = await registry.verify(undefined, { checkpoint: saved });
   */
  checkpoint(): Promise<Checkpoint>;
}

export function keepingMethods(registry: Registry): KeepingMethods {
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
      const { waitMs, now, signal } = registry;
      return backup(registry, {
        directory: resolve(filledText('directory', directory)),
        draftHome: draftsLike(registry.home),
        openRegistry: (home) =>
          openRegistry(home, {
            get actor() {
              return registry.actor;
            },
            waitMs,
            now,
            // Nobody else knows of the copy yet, wherever it lies.
            allowNetworkFs: true,
            ...(signal === undefined ? {} : { signal }),
          }),
        ...(onProgress === undefined ? {} : { onProgress }),
      });
    },
    checkpoint: () => checkpoint(registry),
  };
}
