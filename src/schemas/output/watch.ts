import * as z from 'zod';
import { event } from '../event.ts';
import { count, modelName, stageName, version } from '../kinds.ts';
import { programRun } from '../program-run.ts';
import { reading } from '../result.ts';

export const watch = reading('watch', {
  name: modelName,
  stage: stageName,
  action: z
    .enum(['promote', 'rollback', 'demote', 'current'])
    .nullable()
    .describe(
      'Current: who holds the stage now, with --current or after the history was replaced. Null, as all that follows: only warnings',
    ),
  from: version.nullable().describe('The holder before; null: nobody, or the action is current'),
  to: version.nullable().describe('The holder after; null: nobody'),
  generation: count.nullable().describe('How many times this stage of this model had moved then'),
  event: event
    .nullable()
    .describe(
      'Records the move (current: the last one; null: none), and --since with its seq goes on behind it',
    ),
  exec: programRun.nullable().describe('With --exec: what was run'),
});
