import * as z from 'zod';
import { stageName, uuid } from '../kinds.ts';
import { changing } from '../result.ts';

export const init = changing('init', {
  registry: z.string().describe('The folder of the registry'),
  id: uuid,
  stages: z.array(stageName).describe('Stages in order'),
  shared: z.boolean().describe('True if shared with the group of the folder'),
});
