import { isMlregError, MlregError } from '../core/errors.ts';
import { quote } from '../core/text/quote.ts';

/**
 * A page token says where the next page begins: `KIND:PLACE`. INVALID_INPUT for a token that was
 * made up or belongs to another list.
 */
export function readPageToken(
  token: string,
  kind: 'after' | 'below' | 'before' | 'holder' | 'bench',
): string {
  if (token.startsWith(`${kind}:`)) return token.slice(kind.length + 1);
  throw notAPage(token);
}

/** Parses the place in a token. A place that does not parse was made up. */
export function placeOnPage<T>(token: string, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    throw isMlregError(error) ? notAPage(token) : error;
  }
}

export function notAPage(token: string): MlregError {
  return new MlregError('INVALID_INPUT', `invalid page token ${quote(token)} for this list`, {
    hint: 'pass the nextPage of the same list to --page',
  });
}
