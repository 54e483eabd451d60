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
      'current: the current holder, with --current or after the history was replaced; null (like all following fields): only warnings',
    ),
  from: version.nullable().describe('Previous holder; null: the stage was empty, or the action is current'),
  to: version.nullable().describe('New holder; null: the stage is empty'),
  generation: count.nullable().describe('Number of moves of this stage of this model at that time'),
  event: event
    .nullable()
    .describe(
      'Event of the move (current: the last one; null: none); pass its seq to --since to continue after it',
    ),
  exec: programRun.nullable().describe('With --exec: the program that was run'),
});
