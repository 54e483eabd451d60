import * as z from 'zod';
import { moveFields } from '../move.ts';
import { changing } from '../result.ts';

export const promote = changing('promote', {
  ...moveFields,
  dryRun: z.literal(true).optional().describe('True with --dry-run'),
});
