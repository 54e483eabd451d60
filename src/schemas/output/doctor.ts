import * as z from 'zod';
import { reading } from '../result.ts';

export const doctor = reading('doctor', {
  ok: z.boolean().describe('Nothing failed'),
  checks: z.array(
    z.strictObject({
      check: z.string(),
      status: z.enum(['ok', 'warn', 'fail', 'skip']),
      observed: z.string(),
      advice: z.string().optional().describe('What to do about it'),
    }),
  ),
  registry: z.string().nullable().describe('The folder; null: there is no registry'),
});
