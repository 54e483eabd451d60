/** The error codes that scripts may rely on; `exitCodes` has the exit code of each. */
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
  /** The move succeeded, but a program that the policy runs after it failed. */
  | 'HOOK_FAILED'
  | 'INTERRUPTED';

export interface ErrorDetails {
  /** One line that says what to type next: usually a command. */
  hint: string;
  /** Facts for scripts; `details` in the JSON error object. */
  details?: Record<string, unknown>;
  cause?: unknown;
}

/**
 * Every expected failure. `message` says what happened, with the received value, and why; `hint`
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
