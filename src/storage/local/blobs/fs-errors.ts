import { MlregError } from '../../../core/errors.ts';

/** What to do about a full disk. */
export const makeRoomHint =
  'free some space, then run the command again; mlreg gc --yes removes leftovers of killed commands, and with --purge also empties trash/';

const explanations: Record<string, { why: string; hint: string }> = {
  ENOSPC: {
    why: 'the disk is full',
    hint: makeRoomHint,
  },
  EDQUOT: {
    why: 'the disk quota is exceeded',
    hint: makeRoomHint,
  },
  EROFS: { why: 'the file system is read-only', hint: 'use a registry on a writable disk: --registry DIR' },
  EACCES: { why: 'permission denied', hint: 'check the owner and permissions of the path' },
  EPERM: { why: 'operation not permitted', hint: 'check the owner and permissions of the path' },
  EIO: { why: 'the disk reports an input/output error', hint: 'check the disk, then run the command again' },
  EMFILE: { why: 'too many open files', hint: 'raise the limit: ulimit -n' },
  EXDEV: { why: 'the registry spans two file systems', hint: 'keep blobs/ and tmp/ on one file system' },
};

export function isErrno(error: unknown, code: string): boolean {
  return error instanceof Error && (error as NodeJS.ErrnoException).code === code;
}

/** A failed file system call as STORAGE. Our own errors and bugs are returned unchanged. */
export function asStorageError(error: unknown, what: string): unknown {
  if (!(error instanceof Error) || error instanceof MlregError) return error;
  const { code, syscall } = error as NodeJS.ErrnoException;
  if (code === undefined || syscall === undefined) return error;
  const known = explanations[code];
  return new MlregError('STORAGE', `could not ${what}: ${known?.why ?? error.message}`, {
    hint: known?.hint ?? 'check the disk, then run the command again',
    details: { errno: code, syscall, ...(code === 'ENOSPC' || code === 'EDQUOT' ? { full: true } : {}) },
    cause: error,
  });
}

/** Runs `action`. Rejects STORAGE for a file system error; `what` is what could not be done. */
export async function guarded<T>(what: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    throw asStorageError(error, what);
  }
}
