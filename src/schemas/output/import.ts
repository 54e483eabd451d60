import * as z from 'zod';
import { digest, modelName, reference, uuid, version } from '../kinds.ts';
import { changing } from '../result.ts';

export const importation = changing('import', {
  versions: z.array(
    z.strictObject({
      ref: reference,
      name: modelName,
      version,
      digest,
      changed: z.boolean().describe('False: already exists'),
      registry: uuid.describe('Id of the source registry'),
    }),
  ),
});
