import * as z from 'zod';
import { reference } from '../kinds.ts';
import { reading } from '../result.ts';

export const card = reading('card', {
  ref: reference,
  file: z.string().nullable().describe('Where it was written; null: it was printed'),
  markdown: z.string().describe('The card'),
});
