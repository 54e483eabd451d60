import * as z from 'zod';
import { byteCount, count, digest, modelName, reference, version } from '../kinds.ts';
import { changing } from '../result.ts';

export const exportation = changing('export', {
  output: z.string().describe('Output file or folder'),
  form: z.enum(['tar', 'folder']),
  index: digest.describe('Digest of index.json; equal for equal versions and history'),
  size: byteCount,
  files: count.describe('Number of files in the layout'),
  versions: z.array(
    z.strictObject({ ref: reference, name: modelName, version, digest, yanked: z.boolean() }),
  ),
});
