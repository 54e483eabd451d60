import * as z from 'zod';
import { event } from './event.ts';
import { gate } from './gate.ts';
import { count, modelName, stageName, version } from './kinds.ts';
import { programRun } from './program-run.ts';

/** promote, rollback and demote: all of them move one stage. */
export const moveFields = {
  name: modelName,
  stage: stageName,
  from: version.nullable().describe('The holder before; null: nobody'),
  to: version.nullable().describe('The holder after; null: nobody'),
  generation: count.describe('How many times this stage of this model has moved'),
  gates: z.array(gate).describe('What the promotion had to meet'),
  overridden: z.array(z.string()).optional().describe('With --force: the gates that did not pass'),
  blocked: z.literal(true).optional().describe('The gates did not let the candidate pass: nothing moved'),
  candidate: version.optional().describe('The version that was blocked'),
  event: event.nullable().describe('Records the move, or the refusal; null: nothing happened'),
  hooks: z.array(programRun).describe('What the policy ran after a promotion'),
};
