import * as z from 'zod';

/** A program that was run for a move, and how it ended. */
export const programRun = z.strictObject({
  command: z.array(z.string()),
  code: z.int().nullable().describe('Its exit code; null: it did not end by itself'),
  signal: z.string().nullable().describe('What ended it'),
  error: z.string().nullable().describe('Why it could not be started'),
  output: z.string().describe('The end of what it wrote'),
});
