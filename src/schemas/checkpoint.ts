import * as z from 'zod';
import { hexDigest, uuid } from './kinds.ts';

export const checkpoint = z
  .strictObject({
    registry: uuid.describe("The registry's id"),
    seq: z.int().positive().describe('Number of the last event'),
    hash: hexDigest.describe('Hash of the last event'),
  })
  .meta({ id: 'Checkpoint', description: 'The head of the hash chain, for mlreg verify --checkpoint' });
