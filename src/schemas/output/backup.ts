import * as z from 'zod';
import { checkpoint } from '../checkpoint.ts';
import { byteCount, count } from '../kinds.ts';
import { changing } from '../result.ts';

export const backup = changing('backup', {
  directory: z.string().describe('The copy: a separate registry with the same id'),
  checked: z
    .strictObject({ events: count, blobs: count, bytes: byteCount })
    .describe('Events and blobs verified in the copy'),
  checkpoint: checkpoint.describe('The last event in the copy'),
});
