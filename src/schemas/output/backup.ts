import * as z from 'zod';
import { checkpoint } from '../checkpoint.ts';
import { byteCount, count } from '../kinds.ts';
import { changing } from '../result.ts';

export const backup = changing('backup', {
  directory: z.string().describe('The copy: a registry of its own, with the same id'),
  checked: z
    .strictObject({ events: count, blobs: count, bytes: byteCount })
    .describe('What was read again in the copy and found whole'),
  checkpoint: checkpoint.describe('The last event that is in the copy'),
});
