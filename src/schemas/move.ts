import * as z from 'zod';
import { event } from './event.ts';
import { gate } from './gate.ts';
import { count, modelName, stageName, version } from './kinds.ts';

/** promote, rollback and demote: all of them move one stage. */
export const moveFields = {
  name: modelName,
  stage: stageName,
  from: version.nullable().describe('The holder before; null: nobody'),
  to: version.nullable().describe('The holder after; null: nobody'),
  generation: count.describe('How many times this stage of this model has moved'),
  gates: z.array(gate).describe('What the promotion had to meet'),
  event: event.nullable().describe('Records the move; null: nothing moved'),
};
