import { constants } from 'node:fs';
import { lstat, open, type FileHandle } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { MlregError } from '../../../core/errors.ts';
import { importHint, markerPath } from '../../../core/versions/oci-layout.ts';
import { quote } from '../../../core/text/quote.ts';
import { readSource } from '../../../files/read-source.ts';
import { scanSource } from '../../../files/scan-source.ts';
import { asSourceError } from '../../../files/path-errors.ts';
import { listTar, type TarFile } from './list-tar.ts';

/** The files of an image layout, in a folder or an archive. Their content is not checked yet. */
export interface LayoutSource {
  /** Size in bytes of the file at this path of the layout; undefined if there is none. */
  size(path: string): number | undefined;
  /**
   * The bytes, in chunks that are views of one buffer. Rejects unless there are exactly as many as
   * `size` says.
   */
  read(path: string): AsyncIterable<Uint8Array>;
  close(): Promise<void>;
}

const chunkBytes = 1024 * 1024;

/**
 * Opens a layout: a folder or a tar archive. Follows no symbolic link. INVALID_INPUT for anything
 * else.
 */
export async function openLayout(path: string, signal?: AbortSignal): Promise<LayoutSource> {
  // Without a trailing slash, which would make it follow a symbolic link.
  const location = resolve(path);
  const stats = await lstat(location).catch((error: unknown) => {
    throw asSourceError(error, location);
  });
  return stats.isDirectory() ? openFolder(location, signal) : openTar(location, signal);
}

async function openFolder(location: string, signal?: AbortSignal): Promise<LayoutSource> {
  // At once, and not after a walk through a folder that is something else.
  await lstat(join(location, markerPath)).catch((error: unknown) => {
    throw (error as NodeJS.ErrnoException).code === 'ENOENT'
      ? notLayout()
      : asSourceError(error, join(location, markerPath));
  });
  const { files } = await scanSource(location, {
    everything: true,
    use: 'imported',
    linkHint: 'a layout has no links: copy the file to its place',
  });
  const byPath = new Map(files.map((file) => [file.path, file]));
  return {
    size: (path) => byPath.get(path)?.size,
    read(path) {
      const file = byPath.get(path);
      if (file === undefined) throw new Error(`no such file in the layout: ${path}`);
      return readSource(file, signal, 'import');
    },
    close: async () => {},
  };
}

async function openTar(location: string, signal?: AbortSignal): Promise<LayoutSource> {
  let file: FileHandle;
  try {
    // Do not block: opening a FIFO would hang.
    file = await open(location, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    throw asSourceError(error, location);
  }
  try {
    const stats = await file.stat();
    if (!stats.isFile()) throw refuseTar(location, 'it is not a regular file');
    const files = await listTar(file, stats.size, (why) => refuseTar(location, why), signal);
    return {
      size: (path) => files.get(path)?.size,
      read: (path) => readTar(file, location, files.get(path), signal),
      close: () => file.close(),
    };
  } catch (error) {
    await file.close();
    throw asSourceError(error, location);
  }
}

async function* readTar(
  file: FileHandle,
  location: string,
  part: TarFile | undefined,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  if (part === undefined) throw new Error('no such file in the archive');
  const buffer = Buffer.allocUnsafe(Math.max(1, Math.min(chunkBytes, part.size)));
  for (let done = 0; done < part.size;) {
    signal?.throwIfAborted();
    const length = Math.min(buffer.length, part.size - done);
    const { bytesRead } = await file.read(buffer, 0, length, part.position + done).catch((error: unknown) => {
      throw asSourceError(error, location);
    });
    if (bytesRead === 0) throw refuseTar(location, 'it is truncated: it ends inside a file');
    done += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}

function notLayout(): MlregError {
  return new MlregError('INVALID_INPUT', `not an OCI image layout: ${markerPath} is missing`, {
    hint: importHint,
  });
}

function refuseTar(location: string, why: string): MlregError {
  return new MlregError('INVALID_INPUT', `cannot import ${quote(location)}: ${why}`, {
    hint: importHint,
  });
}
