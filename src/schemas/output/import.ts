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
      changed: z.boolean().describe('False: it was here already, and stays as it is'),
      registry: uuid.describe('The id of the registry that exported it'),
    }),
  ),
});
