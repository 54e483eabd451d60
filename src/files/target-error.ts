import { MlregError } from '../core/errors.ts';
import { quote } from '../core/text/quote.ts';

const explanations: Record<string, string> = {
  ENOSPC: 'the disk is full',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
};

/** What the file system refuses of a place outside of the registry, as STORAGE; errors that already are ours, or are bugs, stay as they are. */
export function asTargetError(error: unknown, place: string, hint: string): unknown {
  const code: unknown = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
  if (error instanceof MlregError || typeof code !== 'string') return error;
  return new MlregError('STORAGE', `could not write to ${quote(place)}: ${explanations[code] ?? code}`, {
    hint,
    cause: error,
  });
}
