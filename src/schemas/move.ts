import * as z from 'zod';
import { event } from './event.ts';
import { gate } from './gate.ts';
import { count, modelName, stageName, version } from './kinds.ts';
import { programRun } from './program-run.ts';

/** promote, rollback and demote: all of them move one stage. */
export const moveFields = {
  name: modelName,
  stage: stageName,
  from: version.nullable().describe('Previous holder; null: the stage was empty'),
  to: version.nullable().describe('New holder; null: the stage is empty'),
  generation: count.describe('Number of moves of this stage of this model'),
  gates: z.array(gate).describe('Gate results'),
  overridden: z.array(z.string()).optional().describe('Gates overridden by --force'),
  blocked: z.literal(true).optional().describe('True if the gates blocked the promotion: nothing moved'),
  candidate: version.optional().describe('Blocked version'),
  event: event.nullable().describe('Event of the move or of the blocked attempt; null: nothing happened'),
  hooks: z.array(programRun).describe('Programs that the policy ran after a promotion'),
};

export const dryRun = z.literal(true).optional().describe('True with --dry-run');
