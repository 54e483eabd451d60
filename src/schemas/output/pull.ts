import * as z from 'zod';
import { artifactFile } from '../artifact.ts';
import { digest, modelName, reference, version } from '../kinds.ts';
import { changing } from '../result.ts';

export const pull = changing('pull', {
  ref: reference,
  name: modelName,
  version,
  digest,
  directory: z.string().describe('Folder of the files'),
  files: z.array(
    z.strictObject({ ...artifactFile.shape, location: z.string().describe('Path of the copy') }),
  ),
});
