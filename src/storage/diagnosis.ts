import { isMlregError, type ErrorCode } from '../core/errors.ts';

/** What was looked at, what was seen, and what to do about it. */
export interface Finding {
  /** A word or two with hyphens: `free-space`. */
  check: string;
  about: 'home' | 'file system' | 'database' | 'machine';
  status: 'ok' | 'warn' | 'fail' | 'skip';
  observed: string;
  advice?: string;
  /**
   * What of mlreg's helps, without the program and the registry: `gc --yes`. It ends the advice,
   * where `advice` is given.
   */
  command?: string;
  /** Of a failure: the error that commands end with for it. */
  code?: ErrorCode;
}

/** What adapters say of the place in which a registry is, or could be. */
export interface PlaceDiagnosis {
  /** Whether there is a registry, whole or not. */
  present: boolean;
  /** What stands where it would have to be: a file in the way of its folder. */
  inTheWay?: string;
  findings: Finding[];
}

/** An expected error as a failing check. A bug, and the end of the process, are thrown on. */
export function failure(check: string, about: Finding['about'], error: unknown): Finding {
  if (!isMlregError(error) || error.code === 'INTERRUPTED') throw error;
  return { check, about, status: 'fail', observed: error.message, advice: error.hint, code: error.code };
}
