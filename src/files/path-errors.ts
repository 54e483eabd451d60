import type { BigIntStats } from 'node:fs';
import { MlregError } from '../core/errors.ts';
import { quote } from '../core/text/quote.ts';

/** NOT_FOUND for a path that does not exist, STORAGE for one that cannot be read. */
export function asSourceError(error: unknown, location: string): unknown {
  const code = codeOf(error);
  if (code === undefined) return error;
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    return new MlregError('NOT_FOUND', `no such file or folder: ${quote(location)}`, {
      hint: 'check the path',
      cause: error,
    });
  }
  if (code === 'ELOOP') return refuseSource(location, 'it is a symbolic link', 'name the file it points to');
  const why = code === 'EACCES' || code === 'EPERM' ? 'permission denied' : code;
  return new MlregError('STORAGE', `${quote(location)} cannot be read: ${why}`, {
    hint: 'check its owner and permissions',
    cause: error,
  });
}

/**
 * As `asSourceError`, for a path that existed a moment ago: CONFLICT if it is gone or was replaced.
 */
export function asChangedSource(error: unknown, location: string, reader?: Reader): unknown {
  const code = codeOf(error);
  const gone = code === 'ENOENT' || code === 'ENOTDIR' || code === 'ELOOP' || code === 'ESTALE';
  return gone ? sourceChanged(location, error, reader) : asSourceError(error, location);
}

/** The command that reads a source. */
export type Reader = 'register' | 'pull' | 'import';

const done: Record<Reader, string> = { register: 'registered', pull: 'written', import: 'imported' };

/** A version must never combine half of one model and half of another. */
export function sourceChanged(location: string, cause?: unknown, reader: Reader = 'register'): MlregError {
  const what = `${quote(location)} changed while it was being read; nothing was ${done[reader]}`;
  return new MlregError('CONFLICT', what, { hint: `wait until it is written, then ${reader} again`, cause });
}

/**
 * The code of a system error; undefined for mlreg's own errors, and for an abort, whose code is a
 * number.
 */
function codeOf(error: unknown): string | undefined {
  const code: unknown = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
  return typeof code === 'string' && !(error instanceof MlregError) ? code : undefined;
}

/**
 * For an entry that is neither a file nor a folder. `linkHint` says what to do about a symbolic
 * link.
 */
export function unusableSource(
  location: string,
  stats: BigIntStats,
  linkHint: string,
  use?: Use,
): MlregError {
  const kinds: [string, boolean][] = [
    ['a symbolic link', stats.isSymbolicLink()],
    ['a FIFO', stats.isFIFO()],
    ['a socket', stats.isSocket()],
    ['a device', stats.isCharacterDevice() || stats.isBlockDevice()],
  ];
  const kind = kinds.find(([, is]) => is)?.[0] ?? 'not a regular file';
  return refuseSource(
    location,
    `it is ${kind}`,
    kind === 'a symbolic link' ? linkHint : 'name regular files and folders',
    use,
  );
}

/** What a source is for; data is only hashed. */
export type Use = 'registered' | 'hashed' | 'imported';

export function refuseSource(
  location: string,
  why: string,
  hint: string,
  use: Use = 'registered',
): MlregError {
  return new MlregError('INVALID_INPUT', `${quote(location)} cannot be ${use}: ${why}`, { hint });
}

const explanations: Record<string, string> = {
  ENOSPC: 'the disk is full',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
};

/**
 * Turns a file system error about a place outside the registry into STORAGE. mlreg's own errors and
 * bugs stay as they are.
 */
export function asTargetError(error: unknown, place: string, hint: string): unknown {
  const code: unknown = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
  if (error instanceof MlregError || typeof code !== 'string') return error;
  return new MlregError('STORAGE', `could not write to ${quote(place)}: ${explanations[code] ?? code}`, {
    hint,
    cause: error,
  });
}
