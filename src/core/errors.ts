/** The error codes scripts may rely on; `exitCodes` gives the process exit code of each. */
export type ErrorCode =
  | 'INTERNAL'
  | 'USAGE'
  | 'INVALID_INPUT'
  | 'NOT_FOUND'
  | 'CONFLICT'
  | 'GATE_FAILED'
  | 'INTEGRITY'
  | 'BUSY'
  | 'STORAGE'
  | 'AUTH'
  /** The move is done; a program that the policy runs after it failed. */
  | 'HOOK_FAILED'
  | 'INTERRUPTED';

export interface ErrorDetails {
  /** What to type next, as one line: usually a command. */
  hint: string;
  /** Facts a script may want; goes into the JSON error object as `details`. */
  details?: Record<string, unknown>;
  cause?: unknown;
}

/**
 * Every expected failure. `message` says what happened, with the value received, and why; `hint`
 * says what to type next. Only the command line turns it into text and an exit code.
 */
export class MlregError extends Error {
  readonly code: ErrorCode;
  readonly hint: string;
  readonly details: Record<string, unknown> | undefined;

  constructor(code: ErrorCode, message: string, { hint, details, cause }: ErrorDetails) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'MlregError';
    this.code = code;
    this.hint = hint;
    this.details = details;
  }
}

export function isMlregError(error: unknown, code?: ErrorCode): error is MlregError {
  return error instanceof MlregError && (code === undefined || error.code === code);
}
