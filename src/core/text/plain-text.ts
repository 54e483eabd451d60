import * as z from 'zod';

const otherwise = 'must be valid Unicode without NUL characters';

/**
 * A text from the user that is stored. A pattern refuses NUL, because published schemas can express
 * a pattern.
 */
export const plainText = z
  .string()
  .regex(/^[^\x00]*$/, otherwise)
  .refine((text) => text.isWellFormed(), otherwise);
