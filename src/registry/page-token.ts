import { MlregError } from '../core/errors.ts';
import { quote } from '../core/quote.ts';

/** A page token says where to go on: `KIND:PLACE`. What was made up, or belongs to another list, is INVALID_INPUT. */
export function readPageToken(
  token: string,
  kind: 'after' | 'below' | 'before' | 'holder' | 'bench',
): string {
  if (token.startsWith(`${kind}:`)) return token.slice(kind.length + 1);
  throw notAPage(token);
}

export function notAPage(token: string): MlregError {
  return new MlregError('INVALID_INPUT', `${quote(token)} is not a page of this list`, {
    hint: 'pass the nextPage that the same list gave before',
  });
}
