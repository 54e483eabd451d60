import * as z from 'zod';
import { reference, stageName } from '../kinds.ts';
import { reading } from '../result.ts';

const relative = z
  .strictObject({
    ref: reference,
    status: z.enum(['live', 'yanked', 'deleted', 'missing']).describe('missing: only its name is known'),
    stages: z.array(stageName),
    get relatives() {
      return z.array(relative).describe('Its parents or children');
    },
    repeated: z.boolean().describe('True if its relatives are listed elsewhere in the tree'),
  })
  .meta({ id: 'Relative', description: 'A version in a family tree' });

export const lineage = reading('lineage', {
  ref: reference,
  stages: z.array(stageName),
  parents: z.array(relative),
  children: z.array(relative),
  cut: z.boolean().describe('True if relatives were omitted'),
});
