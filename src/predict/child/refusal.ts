import { type ErrorCode, MlregError } from '../../core/errors.ts';

/** An expected failure on its way between threads and processes, which errors of a class do not survive. */
export interface Refusal {
  code: ErrorCode;
  message: string;
  hint: string;
  details?: Record<string, unknown>;
}

/** Undefined for an error that is not mlreg's own. */
export function refusalOf(error: unknown): Refusal | undefined {
  if (!(error instanceof MlregError)) return undefined;
  const { code, message, hint, details } = error;
  return { code, message, hint, ...(details === undefined ? {} : { details }) };
}

export function toError({ code, message, hint, details }: Refusal): MlregError {
  return new MlregError(code, message, { hint, ...(details === undefined ? {} : { details }) });
}
