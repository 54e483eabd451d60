import * as z from 'zod';
import { stageName, uuid } from '../kinds.ts';
import { changing } from '../result.ts';

export const init = changing('init', {
  registry: z.string().describe('The folder of the registry'),
  id: uuid,
  stages: z.array(stageName).describe('In their order'),
  shared: z.boolean().describe('The group of its folder may use it'),
});
