import type { ErrorCode, MlregError } from '../core/errors.ts';

/** The exit code of each error, for scripts. */
export const exitCodes: Record<ErrorCode, number> = {
  INTERNAL: 1,
  USAGE: 2,
  INVALID_INPUT: 2,
  NOT_FOUND: 3,
  CONFLICT: 4,
  GATE_FAILED: 5,
  INTEGRITY: 6,
  BUSY: 7,
  STORAGE: 8,
  AUTH: 9,
  HOOK_FAILED: 10,
  INTERRUPTED: 130,
};

/**
 * The shell's exit codes: 128 plus the signal's number. SIGHUP means that the terminal was lost.
 */
export const signalCodes: Record<string, number> = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 };

export function exitCodeOf({ code, details }: MlregError): number {
  return (code === 'INTERRUPTED' ? signalCodes[String(details?.['signal'])] : undefined) ?? exitCodes[code];
}
