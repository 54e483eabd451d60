import { MlregError } from '../../core/errors.ts';
import type { Checkpoint } from '../../core/events/checkpoint.ts';
import type { Digest } from '../../core/versions/artifact.ts';
import {
  refuseBackupWithin,
  type DraftCopy,
  localFolder,
  refuseLostHistory,
  type OnProgress,
  type Registry,
} from '../registry.ts';
import { checkpoint } from '../inspect/history.ts';
import { neededBytes, verify } from './verify.ts';

export interface BackupInput {
  /** Absolute; empty or missing. */
  directory: string;
  onProgress?: OnProgress;
}

export interface BackupResult {
  directory: string;
  changed: true;
  /** What was read back from the copy and found intact. */
  checked: { events: number; blobs: number; bytes: number };
  /**
   * The head of its chain, which says what moment the copy is from. The copy has the same registry
   * id as the original.
   */
  checkpoint: Checkpoint;
}

const slice = 500;

/**
 * Copies the registry, as it is at one moment, into a folder, which becomes a registry of its own;
 * others may use the original meanwhile. Copies the rows first, then the blobs that they need: what
 * is registered meanwhile is left to the next backup, and the lease keeps collectors away. Every
 * byte of the copy is read back before the copy gets its name. If anything fails, nothing is left
 * behind. USAGE if the registry is not in a local folder.
 */
export async function backup(registry: Registry, input: BackupInput): Promise<BackupResult> {
  const { directory } = input;
  const folder = localFolder(registry, 'a backup');
  await refuseBackupWithin(folder, directory);
  await refuseLostHistory(registry);
  const lease = await registry.metadata.lease();
  try {
    const draft = await folder.draftCopy(directory);
    try {
      const result = await fill(registry, draft, input);
      await draft.complete(result.checkpoint);
      return result;
    } catch (error) {
      await draft.discard();
      throw error;
    }
  } finally {
    await lease.release();
  }
}

async function fill(registry: Registry, draft: DraftCopy, input: BackupInput): Promise<BackupResult> {
  const copy = await draft.open();
  try {
    const { onProgress } = input;
    const bytes = onProgress === undefined ? 0 : await neededBytes(copy);
    // Every byte is copied, then read back, so the total counts it twice.
    const told = (before: number): OnProgress | undefined =>
      onProgress && (({ done, what }) => onProgress({ done: before + done, total: 2 * bytes, what }));
    await copyBlobs(registry, copy, told(0));
    const again = told(bytes);
    const { ok, problems, checked } = await verify(copy, again === undefined ? {} : { onProgress: again });
    if (!ok) {
      throw new MlregError(
        'INTEGRITY',
        `the copy is incomplete and was discarded: ${problems[0]?.subject}: ${problems[0]?.problem}`,
        {
          hint: 'run mlreg verify to check the registry itself',
          details: { problems: problems.length },
        },
      );
    }
    const end = await checkpoint(copy);
    return { directory: input.directory, changed: true, checked, checkpoint: end };
  } finally {
    await copy.close();
  }
}

/** Reads, hashes and writes each blob. A hard link would be damaged together with the original. */
async function copyBlobs(from: Registry, to: Registry, onProgress: OnProgress | undefined): Promise<void> {
  let after: Digest | undefined;
  let before = 0;
  for (;;) {
    const needed = await to.metadata.neededBlobs({ limit: slice, ...(after === undefined ? {} : { after }) });
    if (needed.length === 0) break;
    for (const { digest, size } of needed) {
      from.signal?.throwIfAborted();
      let read = 0;
      const staged = await to.blobs.stage(from.blobs.read(digest), (bytes) => {
        read = Math.min(size ?? 0, read + bytes);
        onProgress?.({ done: before + read, total: before + read, what: 'copying' });
      });
      before += size ?? 0;
      try {
        await staged.publish();
      } finally {
        await staged.discard();
      }
    }
    after = needed.at(-1)?.digest;
  }
  await to.blobs.sync();
}
