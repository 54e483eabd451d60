import * as z from 'zod';

/** A program that was run for a move, and how it ended. */
export const programRun = z.strictObject({
  command: z.array(z.string()),
  code: z.int().nullable().describe('Exit code; null: killed by a signal or not started'),
  signal: z.string().nullable().describe('Signal that ended it; null: none'),
  error: z.string().nullable().describe('Why it could not be started; null: it was'),
  output: z.string().describe('End of its output'),
});
