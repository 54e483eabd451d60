import * as z from 'zod';
import { parseExplicitReference } from '../core/versions/reference.ts';

/**
 * The kinds of values that callers give, as the values that verbs take. JavaScript lets anything
 * pass, so each says what it wants: "message must be a string, not 1".
 */

export const text = z.string({ error: 'a string' });

const filled = 'a non-empty string';
/** A text that must say something: an empty one is what a variable leaves that was never set. */
export const filledText = z
  .string({ error: filled })
  .refine((given) => given.trim() !== '', { error: filled });

/** Why, for the history. */
export const message = text.optional();

export const flag = z.boolean({ error: 'true or false' }).optional();

/** The version to change; a bare name would be another job's latest. */
export const explicitReference = text.transform(parseExplicitReference);
