import * as z from 'zod';
import { byteCount, count, digest, modelName, reference, version } from '../kinds.ts';
import { changing } from '../result.ts';

export const exportation = changing('export', {
  output: z.string().describe('The file or folder that was written'),
  form: z.enum(['tar', 'folder']),
  index: digest.describe(
    'Of index.json, and so of all: the same versions with the same history give the same',
  ),
  size: byteCount,
  files: count.describe('Files of the layout'),
  versions: z.array(
    z.strictObject({ ref: reference, name: modelName, version, digest, yanked: z.boolean() }),
  ),
});
