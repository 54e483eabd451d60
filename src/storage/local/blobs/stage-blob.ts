import { createHash, randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { open, unlink, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { digestOf, hexOf } from '../../../core/versions/artifact.ts';
import type { StagedBlob } from '../../blob-store.ts';
import { guarded } from './fs-errors.ts';
import { publishBlob } from './publish-blob.ts';

/**
 * Copies bytes into `tmp/` and hashes them on the way. The file name begins with the mark of this
 * process.
 */
export async function stageBlob(
  { home, mark, signal }: { home: string; mark: string; signal: AbortSignal | undefined },
  content: AsyncIterable<Uint8Array>,
  onBytes: ((count: number) => void) | undefined,
): Promise<StagedBlob> {
  const path = join(home, 'tmp', `${mark}-${randomUUID()}`);
  const hash = createHash('sha256');
  let size = 0;
  await guarded('copy into the registry', async () => {
    const file = await open(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600);
    try {
      for await (const chunk of content) {
        hash.update(chunk);
        await writeAll(file, chunk, size);
        size += chunk.length;
        onBytes?.(chunk.length);
      }
    } catch (error) {
      await removeQuietly(path);
      throw error;
    } finally {
      await file.close();
    }
  });
  const digest = digestOf(hash.digest('hex'));
  const target = join(home, 'blobs', 'sha256', hexOf(digest));
  return {
    digest,
    size,
    path,
    publish: () =>
      guarded(`store blob ${digest}`, () => publishBlob({ home, path, target, digest, size, signal })),
    discard: () => removeQuietly(path),
  };
}

/**
 * Writes at an explicit position: that is a separate system call (`pwrite64`), whose failure a test
 * can inject.
 */
async function writeAll(file: FileHandle, chunk: Uint8Array, position: number): Promise<void> {
  let written = 0;
  while (written < chunk.length) {
    written += (await file.write(chunk, written, chunk.length - written, position + written)).bytesWritten;
  }
}

async function removeQuietly(path: string): Promise<void> {
  // A leftover in tmp/ costs space, not correctness; garbage collection removes it.
  await unlink(path).catch(() => undefined);
}
