import * as z from 'zod';

const otherwise = 'must be valid Unicode without NUL characters';

/** Text of others that is kept. NUL is refused by a pattern, which the published schemas can say. */
export const plainText = z
  .string()
  .regex(/^[^\x00]*$/, otherwise)
  .refine((text) => text.isWellFormed(), otherwise);
