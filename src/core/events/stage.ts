import semver from 'semver';
import { MlregError } from '../errors.ts';
import { quote } from '../text/quote.ts';

declare const brand: unique symbol;
/** The name of a stage: `staging`, `production` … */
export type StageName = string & { readonly [brand]: 'StageName' };

/** The stages a new registry declares, in order. */
export const defaultStages = ['staging', 'production'] as const;

export function parseStageName(text: string): StageName {
  const problem = findProblem(text);
  if (problem === undefined) return text as StageName;
  throw new MlregError('INVALID_INPUT', `invalid stage name ${quote(text)}: ${problem}`, {
    hint: 'use a lower-case word, for example staging or production',
  });
}

export function isStageName(text: string): boolean {
  return findProblem(text) === undefined;
}

function findProblem(text: string): string | undefined {
  if (text === '') return 'it is empty';
  if (text.length > 32) return `it has ${text.length} characters; the limit is 32`;
  if (/^[a-z][a-z0-9_-]*$/i.test(text) && text !== text.toLowerCase()) return 'it must be in lower case';
  if (!/^[a-z]/.test(text)) return 'it must start with a lower-case letter';
  const odd = /[^a-z0-9_-]/u.exec(text)?.[0];
  if (odd !== undefined) return `it contains ${quote(odd)}; lower-case letters, digits, _ and - are allowed`;
  if (text === 'latest') return '"latest" always means the highest version';
  // semver accepts only words with these first letters as ranges; asking it about other words takes
  // a millisecond.
  if (/^[vx]/.test(text) && semver.validRange(text) !== null) return 'it looks like a version or a range';
  return undefined;
}
