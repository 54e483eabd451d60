import * as z from 'zod';
import { stageName, uuid } from '../../../schemas/kinds.ts';
import { changing } from '../../../schemas/result.ts';
import { defineOutput } from '../../verb.ts';

export const initOutput = /* @__PURE__ */ defineOutput({
  name: 'init',
  output: () =>
    changing('init', {
      registry: z.string().describe('The folder of the registry'),
      id: uuid,
      stages: z.array(stageName).describe('Stages in order'),
      shared: z.boolean().describe('True if shared with the group of the folder'),
    }),
});
