import { MlregError } from '../../core/errors.ts';

/** What to do if the database is damaged. */
export const restoreDatabase =
  'keep the file and restore mlreg.db from a backup; the artifacts in blobs/ are not affected';

/**
 * Parses JSON from a row. INTEGRITY if it is not JSON, since the store writes nothing else there.
 */
export function parseStored(text: string, what: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw damaged(what, cause);
  }
}

/** `what` names the row. */
export function damaged(what: string, cause?: unknown): MlregError {
  return new MlregError('INTEGRITY', `${what} in the registry's database is damaged`, {
    hint: restoreDatabase,
    cause,
  });
}
