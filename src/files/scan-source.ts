import type { BigIntStats } from 'node:fs';
import { lstat, opendir, realpath } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { checkArtifactPaths } from '../core/versions/artifact.ts';
import { MlregError } from '../core/errors.ts';
import { quote } from '../core/text/quote.ts';
import { readStaysOut, type StaysOut } from './left-out.ts';
import {
  asChangedSource,
  asSourceError,
  refuseSource,
  sourceChanged,
  unusableSource,
  type Use,
} from './path-errors.ts';

/** A file to register. */
export interface SourceFile {
  /** Where it is; the path itself is not a symbolic link. */
  location: string;
  /** Its path within the artifact. */
  path: string;
  /** Bytes. */
  size: number;
  /** It has other hard links, perhaps outside the folder. */
  hardLinked: boolean;
  /** Its owner may execute it. */
  executable: boolean;
  /** The file that was scanned: the one that is read must be the same. */
  seen: Pick<BigIntStats, 'dev' | 'ino' | 'mtimeNs'>;
}

export interface SourceTree {
  kind: 'file' | 'folder';
  files: SourceFile[];
  /** Paths that were left out; for a folder only its own path; sorted. */
  leftOut: string[];
  /** Real paths of the targets of symbolic links. */
  linkedTo: string[];
}

export interface ScanOptions {
  /**
   * Include the targets of symbolic links in the folder, wherever they are, under the names of the
   * links.
   */
  followLinks?: boolean;
  /** Include every entry, even those that are usually left out. */
  everything?: boolean;
  /** What to do about a symbolic link in the folder, as a hint. */
  linkHint?: string;
  /** What the source is for, in messages. */
  use?: Use;
}

/**
 * A few files can appear as very many through links: with two links to the folder below in each
 * folder, the number doubles at each level.
 */
const mostFiles = 1_000_000;

/**
 * Lists the files to register. Follows a symbolic link if it is the path itself; links inside the
 * folder only with `followLinks`. A single file is stored under its base name, or that of the link.
 * INVALID_INPUT for anything but plain files and folders, for empty ones, and for names that cannot
 * be stored; CONFLICT if something disappears during the scan.
 */
export async function scanSource(path: string, options: ScanOptions = {}): Promise<SourceTree> {
  const given = resolve(path);
  const stats = await look(given);
  const { location, found, linkedTo } = stats.isSymbolicLink()
    ? await follow(given, nothingThere)
    : { location: given, found: stats, linkedTo: [] };
  if (found.isFile()) {
    const file = sourceFile(location, basename(given), found);
    if (file.size === 0)
      throw refuseSource(given, 'it is an empty file', 'check the program that wrote it', options.use);
    checkArtifactPaths([file.path]);
    return { kind: 'file', files: [file], leftOut: [], linkedTo };
  }
  if (!found.isDirectory()) throw unusableSource(given, found, '', options.use);
  const tree: SourceTree = { kind: 'folder', files: [], leftOut: [], linkedTo };
  const staysOut = options.everything === true ? () => false : await readStaysOut(location);
  await walk({ tree, options, staysOut }, location, '', [found]);
  const { files, leftOut } = tree;
  leftOut.sort();
  if (files.length === 0) {
    const why = leftOut.length === 0 ? 'the folder has no files' : 'everything in it is ignored';
    throw refuseSource(
      given,
      why,
      'check the program that wrote it, and its .mlregignore if it has one',
      options.use,
    );
  }
  if (files.every((file) => file.size === 0))
    throw refuseSource(given, 'all its files are empty', 'check the program that wrote it', options.use);
  checkArtifactPaths(
    files.map((file) => file.path),
    renameHint(options),
  );
  return tree;
}

interface Walk {
  tree: SourceTree;
  options: ScanOptions;
  staysOut: StaysOut;
}

/** `above`: this folder and its parents, to detect a link that leads back to one of them. */
async function walk(to: Walk, folder: string, prefix: string, above: readonly BigIntStats[]): Promise<void> {
  const { tree, options, staysOut } = to;
  const entries = await opendir(folder, { encoding: 'buffer' as BufferEncoding }).catch((error: unknown) => {
    throw prefix === '' ? asSourceError(error, folder) : asChangedSource(error, folder);
  });
  for await (const entry of entries) {
    const name = decodeName(entry.name as unknown as Uint8Array, folder, renameHint(options));
    const path = prefix + name;
    const named = join(folder, name);
    const stats = await look(named, asChangedSource);
    if (staysOut(path, stats.isDirectory())) {
      tree.leftOut.push(path);
      continue;
    }
    const followed = stats.isSymbolicLink() && options.followLinks === true;
    const { location, found, linkedTo } = followed
      ? await follow(named, dangling)
      : { location: named, found: stats, linkedTo: [] };
    tree.linkedTo.push(...linkedTo);
    if (found.isDirectory()) {
      if (above.some((one) => one.dev === found.dev && one.ino === found.ino))
        throw refuseSource(named, 'it is a symbolic link to a parent folder', 'remove the link');
      if (followed && staysOut(path, true)) tree.leftOut.push(path);
      else await walk(to, location, `${path}/`, [...above, found]);
    } else if (found.isFile()) tree.files.push(sourceFile(location, path, found));
    else
      throw unusableSource(
        named,
        found,
        options.linkHint ?? 'name the file or folder it points to',
        options.use,
      );
    if (tree.files.length > mostFiles)
      throw refuseSource(
        folder,
        `it has more than ${mostFiles} files`,
        'check whether links in it form a loop',
      );
  }
}

/** The target of a symbolic link, as it is now. */
async function follow(
  link: string,
  explain: typeof asSourceError,
): Promise<{ location: string; found: BigIntStats; linkedTo: string[] }> {
  let location: string;
  try {
    location = await realpath(link);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ELOOP') throw explain(error, link);
    throw refuseSource(link, 'it is a symbolic link to itself', 'check what it points to');
  }
  const found = await look(location, asChangedSource);
  // Another link has just replaced it.
  if (found.isSymbolicLink()) throw sourceChanged(link);
  return { location, found, linkedTo: [location] };
}

function nothingThere(error: unknown, link: string): unknown {
  const { code } = error as NodeJS.ErrnoException;
  if (code !== 'ENOENT' && code !== 'ENOTDIR') return asSourceError(error, link);
  const what = `${quote(link)} is a broken symbolic link`;
  return new MlregError('NOT_FOUND', what, { hint: 'check what it points to', cause: error });
}

function dangling(error: unknown, link: string): unknown {
  const { code } = error as NodeJS.ErrnoException;
  if (code !== 'ENOENT' && code !== 'ENOTDIR') return asSourceError(error, link);
  return refuseSource(link, 'it is a broken symbolic link', 'remove the link, or restore its target');
}

function sourceFile(location: string, path: string, stats: BigIntStats): SourceFile {
  const { dev, ino, mtimeNs, size, nlink, mode } = stats;
  return {
    location,
    path,
    size: Number(size),
    hardLinked: nlink > 1n,
    executable: (mode & 0o100n) !== 0n,
    seen: { dev, ino, mtimeNs },
  };
}

function renameHint({ use }: ScanOptions): string {
  return use === 'imported' ? 'remove it from the layout' : 'rename it and register again';
}

function decodeName(bytes: Uint8Array, folder: string, hint: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    const shown = new TextDecoder('latin1').decode(bytes);
    throw new MlregError(
      'INVALID_INPUT',
      `a file name in ${quote(folder)} is not valid UTF-8: ${quote(shown)}`,
      { hint, cause },
    );
  }
}

async function look(location: string, explain = asSourceError): Promise<BigIntStats> {
  try {
    return await lstat(location, { bigint: true });
  } catch (error) {
    throw explain(error, location);
  }
}
