import * as z from 'zod';
import { reference } from '../kinds.ts';
import { reading } from '../result.ts';

export const card = reading('card', {
  ref: reference,
  file: z.string().nullable().describe('Output file; null: printed'),
  markdown: z.string().describe('The card'),
});
