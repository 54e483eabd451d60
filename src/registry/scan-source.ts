import type { BigIntStats } from 'node:fs';
import { lstat, opendir } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { checkArtifactPaths } from '../core/artifact-path.ts';
import { MlregError } from '../core/errors.ts';
import { quote } from '../core/quote.ts';

/** One file to be registered. */
export interface SourceFile {
  /** Where it is. */
  location: string;
  /** Its path within the artifact. */
  path: string;
  /** Bytes. */
  size: number;
  /** It has other names, perhaps outside of the folder. */
  hardLinked: boolean;
}

export interface SourceTree {
  kind: 'file' | 'folder';
  files: SourceFile[];
}

/**
 * Lists what is to be registered, following no symbolic link. A single file is stored under its base name.
 * INVALID_INPUT for anything that is no plain file or folder, for empty ones, and for names that cannot be stored.
 */
export async function scanSource(path: string): Promise<SourceTree> {
  // Without a trailing slash, which would follow a symbolic link.
  const location = resolve(path);
  const stats = await look(location);
  if (stats.isFile()) {
    const file = sourceFile(location, basename(location), stats);
    if (file.size === 0) throw refuse(location, 'it is an empty file', 'check what wrote it');
    checkArtifactPaths([file.path]);
    return { kind: 'file', files: [file] };
  }
  if (!stats.isDirectory()) throw unusable(location, stats);
  const files: SourceFile[] = [];
  await walk(location, '', files);
  if (files.length === 0) throw refuse(location, 'the folder has no files', 'check what wrote it');
  if (files.every((file) => file.size === 0))
    throw refuse(location, 'all its files are empty', 'check what wrote it');
  checkArtifactPaths(files.map((file) => file.path));
  return { kind: 'folder', files };
}

function sourceFile(location: string, path: string, stats: BigIntStats): SourceFile {
  return { location, path, size: Number(stats.size), hardLinked: stats.nlink > 1n };
}

async function walk(folder: string, prefix: string, files: SourceFile[]): Promise<void> {
  const entries = await opendir(folder, { encoding: 'buffer' as BufferEncoding }).catch((error: unknown) => {
    throw asSourceError(error, folder);
  });
  for await (const entry of entries) {
    const name = decodeName(entry.name as unknown as Uint8Array, folder);
    const location = join(folder, name);
    const path = prefix + name;
    const stats = await look(location);
    if (stats.isDirectory()) await walk(location, `${path}/`, files);
    else if (stats.isFile()) files.push(sourceFile(location, path, stats));
    else throw unusable(location, stats);
  }
}

function decodeName(bytes: Uint8Array, folder: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    const shown = new TextDecoder('latin1').decode(bytes);
    throw new MlregError(
      'INVALID_INPUT',
      `${quote(folder)} has a file whose name is not UTF-8: ${quote(shown)}`,
      {
        hint: 'rename it and register again',
        cause,
      },
    );
  }
}

async function look(location: string): Promise<BigIntStats> {
  try {
    return await lstat(location, { bigint: true });
  } catch (error) {
    throw asSourceError(error, location);
  }
}

/** NOT_FOUND for a path that is not there, STORAGE for one that cannot be read. */
export function asSourceError(error: unknown, location: string): unknown {
  // The code of an abort is a number.
  const code: unknown = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
  if (typeof code !== 'string' || error instanceof MlregError) return error;
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    return new MlregError('NOT_FOUND', `there is no file or folder ${quote(location)}`, {
      hint: 'check the path',
      cause: error,
    });
  }
  if (code === 'ELOOP') return refuse(location, 'it is a symbolic link', 'name the file it points to');
  const why = code === 'EACCES' || code === 'EPERM' ? 'permission denied' : code;
  return new MlregError('STORAGE', `${quote(location)} cannot be read: ${why}`, {
    hint: 'check its owner and mode',
    cause: error,
  });
}

function unusable(location: string, stats: BigIntStats): MlregError {
  const kinds: [string, boolean][] = [
    ['a symbolic link', stats.isSymbolicLink()],
    ['a FIFO', stats.isFIFO()],
    ['a socket', stats.isSocket()],
    ['a device', stats.isCharacterDevice() || stats.isBlockDevice()],
  ];
  const kind = kinds.find(([, is]) => is)?.[0] ?? 'no plain file';
  return refuse(
    location,
    `it is ${kind}`,
    kind === 'a symbolic link'
      ? 'copy what it points to, so that the version holds the bytes themselves'
      : 'register plain files and folders',
  );
}

function refuse(location: string, why: string, hint: string): MlregError {
  return new MlregError('INVALID_INPUT', `${quote(location)} cannot be registered: ${why}`, { hint });
}
