import { isMlregError, type ErrorCode } from '../core/errors.ts';

/** What was checked, what was found, and what to do about it. */
export interface Finding {
  /** A word or two with hyphens: `free-space`. */
  check: string;
  about: 'home' | 'file system' | 'database' | 'machine';
  status: 'ok' | 'warn' | 'fail' | 'skip';
  observed: string;
  advice?: string;
  /**
   * The mlreg command that helps, without the program name and the registry: `gc --yes`. It is
   * appended to `advice` if there is one.
   */
  command?: string;
  /** For a failure: the error code that commands exit with because of it. */
  code?: ErrorCode;
}

/** What an adapter reports about the place where a registry is, or could be. */
export interface PlaceDiagnosis {
  /** Whether there is a registry, whole or not. */
  present: boolean;
  /** A file where the registry's folder would have to be. */
  inTheWay?: string;
  findings: Finding[];
}

/** An expected error as a failed check. Bugs and aborts are rethrown. */
export function failure(check: string, about: Finding['about'], error: unknown): Finding {
  if (!isMlregError(error) || error.code === 'INTERRUPTED') throw error;
  return { check, about, status: 'fail', observed: error.message, advice: error.hint, code: error.code };
}
