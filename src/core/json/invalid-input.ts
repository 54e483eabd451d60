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
  if (issue?.code === 'invalid_key') {
    const section = issue.path.slice(0, -1).map(String).join('.');
    const said = `the key ${quote(String(issue.path.at(-1)))} ${reasonOf(issue.issues[0])}`;
    return section === '' ? said : `${quote(section)}: ${said}`;
  }
  return `${place === '' ? '' : `${quote(place)}: `}${reasonOf(issue)}`;
}

/** What a value must be, in the words of people instead of the schema library. */
function reasonOf(issue: z.core.$ZodIssue | undefined): string {
  if (issue?.code === 'too_small' || issue?.code === 'too_big') return boundOf(issue);
  if (issue?.code === 'invalid_format' && issue.message.startsWith('Invalid string'))
    return 'is not of the expected form';
  if (issue?.code === 'invalid_type' && issue.expected === 'int') return 'must be a whole number';
  const why = issue?.message
    .replace(/^Invalid input(?:: |$)/, '')
    .replace(/^expected record\b/, 'expected object');
  return why === undefined || why === '' ? 'invalid value' : why;
}

function boundOf(issue: z.core.$ZodIssueTooSmall | z.core.$ZodIssueTooBig): string {
  const [word, bound] =
    issue.code === 'too_small' ? ['least', issue.minimum] : (['most', issue.maximum] as const);
  if (issue.origin === 'string' || issue.origin === 'array') {
    if (issue.code === 'too_small' && bound === 1) return 'must not be empty';
    return `must have at ${word} ${bound} ${issue.origin === 'string' ? 'characters' : 'entries'}`;
  }
  const than = issue.code === 'too_small' ? 'more' : 'less';
  return issue.inclusive === false ? `must be ${than} than ${bound}` : `must be at ${word} ${bound}`;
}
