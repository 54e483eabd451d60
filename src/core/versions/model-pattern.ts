import { MlregError } from '../errors.ts';
import { quote } from '../text/quote.ts';

/** Which model names to list: see `parseModelPattern`. */
export interface ModelPattern {
  /** What all matching names begin with: the pattern up to its first wildcard. */
  prefix: string;
  matches: (name: string) => boolean;
}

/**
 * What one place of a name must be. `some` and `parts` repeat: they take any number of characters,
 * or none.
 */
type Step = 'one' | 'some' | 'all' | 'parts' | { text: string };

const longest = 256;

/** Whether the text is a pattern, not a name. */
export function isModelPattern(text: string): boolean {
  return /[*?]/.test(text);
}

/**
 * Parses a pattern of model names, as in .gitignore: `*` is any text within a part of a name, `?`
 * one character of it, and `**` in place of a part any number of parts. INVALID_INPUT for anything
 * that no name can match. Matching takes time proportional to the length of the pattern times that
 * of the name; a regular expression could backtrack without end.
 */
export function parseModelPattern(text: string): ModelPattern {
  const problem = problemOf(text);
  if (problem !== undefined) {
    throw new MlregError('INVALID_INPUT', `invalid pattern ${quote(text)}: ${problem}`, {
      hint: "use for example 'team/*' (in one part), 'team/**' (at any depth) or '*/digits'",
    });
  }
  const steps = [...text.matchAll(/\*\*\/|\*\*|\*|\?|[^]/g)].map(([token]): Step => {
    if (token === '**/') return 'parts';
    if (token === '**') return 'all';
    if (token === '*') return 'some';
    return token === '?' ? 'one' : { text: token };
  });
  return { prefix: /^[^*?]*/.exec(text)?.[0] ?? '', matches: (name) => accepts(steps, name) };
}

function problemOf(text: string): string | undefined {
  if (text.length > longest) return `it has ${text.length} characters; the limit is ${longest}`;
  if (/[A-Z]/.test(text)) return 'model names are in lower case';
  const odd = /[^a-z0-9._/*?-]/u.exec(text)?.[0];
  if (odd !== undefined) return `${quote(odd)} is in no model name`;
  const parts = text.split('/');
  if (parts.includes('')) return 'it has an empty part';
  return parts.some((part) => part.includes('**') && part !== '**') ? '** must be a whole part' : undefined;
}

/**
 * Follows all ways to read the name at once: the numbers of the steps that may take the next
 * character.
 */
function accepts(steps: readonly Step[], name: string): boolean {
  let places = withSkipped(steps, new Set([0]), true);
  for (const character of name) {
    const next = new Set<number>();
    for (const place of places) {
      const step = steps[place];
      if (step !== undefined && takes(step, character)) next.add(repeats(step) ? place : place + 1);
    }
    places = withSkipped(steps, next, character === '/');
  }
  return places.has(steps.length);
}

function takes(step: Step, character: string): boolean {
  if (typeof step === 'object') return step.text === character;
  return step === 'all' || step === 'parts' || character !== '/';
}

function repeats(step: Step): boolean {
  return step === 'some' || step === 'all' || step === 'parts';
}

/** Adds the steps after those that need not take more; `parts` ends only where a part begins. */
function withSkipped(steps: readonly Step[], places: Set<number>, atPart: boolean): Set<number> {
  // A set also visits what is added to it on the way.
  for (const place of places) {
    const step = steps[place];
    if (step === 'some' || step === 'all' || (step === 'parts' && atPart)) places.add(place + 1);
  }
  return places;
}
