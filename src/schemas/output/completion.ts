import * as z from 'zod';
import { reading } from '../result.ts';

export const completion = reading('completion', {
  shell: z.enum(['bash', 'zsh', 'fish']),
  script: z.string(),
});
