import { MlregError } from '../errors.ts';
import type { EventBody } from '../events/event.ts';
import { quote } from '../text/quote.ts';

/** What is said about a model as a whole; null: nothing. */
export interface ModelFacts {
  description: string | null;
  owner: string | null;
}

/** Actions on a model as a whole. The last event of one of them says what holds. */
export const modelActions = ['model-describe', 'model-delete'] as const;

/** What the last event among `modelActions` says; undefined: there is none. */
export function modelFactsIn(event: Pick<EventBody, 'action' | 'details'> | undefined): ModelFacts {
  const { description, owner } = event?.action === 'model-describe' ? event.details : {};
  return { description: textOrNull(description), owner: textOrNull(owner) };
}

function textOrNull(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

/** Each event holds the whole description, and a list shows the descriptions of many models. */
const maxDescriptionBytes = 64 * 1024;
const maxOwner = 256;

/**
 * INVALID_INPUT for a description or an owner that cannot be kept. Empty texts are for removing.
 */
export function checkModelFacts({ description, owner }: Partial<ModelFacts>): void {
  if (typeof description === 'string') checkDescription(description);
  if (typeof owner !== 'string' || owner === '') return;
  const problem = problemOfOwner(owner);
  if (problem === undefined) return;
  throw new MlregError('INVALID_INPUT', `invalid owner ${quote(owner)}: ${problem}`, {
    hint: 'use one line: a team, a person or an address, such as vision or ada@example.com',
  });
}

function checkDescription(text: string): void {
  const size = new TextEncoder().encode(text).length;
  if (size > maxDescriptionBytes) {
    throw new MlregError(
      'INVALID_INPUT',
      `the description has ${size} bytes; a model's may have ${maxDescriptionBytes}`,
      { hint: 'store long text as a file of the artifact' },
    );
  }
  if (text.isWellFormed() && !text.includes('\0')) return;
  throw new MlregError(
    'INVALID_INPUT',
    `invalid description ${quote(text)}: it must be valid Unicode without NUL characters`,
    { hint: 'save the text as UTF-8' },
  );
}

function problemOfOwner(owner: string): string | undefined {
  if (owner.length > maxOwner) return `it has ${owner.length} characters; the limit is ${maxOwner}`;
  if (owner.trim() === '') return 'it is blank';
  if (owner.trim() !== owner) return 'it begins or ends with a blank';
  if (!owner.isWellFormed()) return 'it is not valid Unicode';
  return /\p{Cc}|\u2028|\u2029/u.test(owner)
    ? 'it is more than one line, or has control characters'
    : undefined;
}
