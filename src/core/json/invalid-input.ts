import type * as z from 'zod';
import { MlregError } from '../errors.ts';
import { quote } from '../text/quote.ts';

/**
 * INVALID_INPUT: `invalid metadata.json: duplicate key "a"`. `what` may begin with an article: `the
 * tags`.
 */
export function invalidInput(what: string, why: string, hint: string): MlregError {
  return new MlregError('INVALID_INPUT', `invalid ${what.replace(/^the /, '')}: ${why}`, { hint });
}

/**
 * The quoted keys at the first error of a schema, if they are unknown keys; undefined for any other
 * error.
 */
function unknownKeys({ issues: [issue] }: z.ZodError): string | undefined {
  return issue?.code === 'unrecognized_keys' ? issue.keys.map(quote).join(', ') : undefined;
}

/**
 * The first place that does not match a schema, and why: `"params.c": expected string, received
 * object`.
 */
export function whyUnfit(error: z.ZodError): string {
  const issue = error.issues[0];
  const place = issue?.path.map(String).join('.') ?? '';
  const unknown = unknownKeys(error);
  if (unknown !== undefined) return `unknown key ${unknown}${place === '' ? '' : ` in ${quote(place)}`}`;
  const why = issue?.message.replace(/^Invalid input(?:: |$)/, '') ?? '';
  return `${place === '' ? '' : `${quote(place)}: `}${why === '' ? 'invalid value' : why}`;
}
