import * as z from 'zod';
import { reading } from '../../../schemas/result.ts';
import { defineOutput } from '../../verb.ts';

export const completionOutput = /* @__PURE__ */ defineOutput({
  name: 'completion',
  output: () => reading('completion', { shell: z.enum(['bash', 'zsh', 'fish']), script: z.string() }),
});
