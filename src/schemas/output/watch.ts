import * as z from 'zod';
import { event } from '../event.ts';
import { count, modelName, stageName, version } from '../kinds.ts';
import { programRun } from '../program-run.ts';
import { reading } from '../result.ts';

export const watch = reading('watch', {
  name: modelName,
  stage: stageName,
  action: z
    .enum(['promote', 'rollback', 'demote'])
    .nullable()
    .describe('Null, as all that follows: only warnings'),
  from: version.nullable().describe('The holder before; null: nobody'),
  to: version.nullable().describe('The holder after; null: nobody'),
  generation: count.nullable().describe('How many times this stage of this model had moved then'),
  event: event.nullable().describe('Records the move; --since with its seq goes on behind it'),
  exec: programRun.nullable().describe('With --exec: what was run'),
});
