import * as z from 'zod';
import { stageName } from '../kinds.ts';
import { changing } from '../result.ts';

/** stage list, add and remove. */
export const stage = changing('stage', {
  stages: z.array(stageName).describe('Declared stages in order'),
});
