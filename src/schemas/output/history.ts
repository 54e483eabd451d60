import * as z from 'zod';
import { checkpoint } from '../checkpoint.ts';
import { event } from '../event.ts';
import { gate } from '../gate.ts';
import { modelName, nextPage, stageName, time, version } from '../kinds.ts';
import { reading } from '../result.ts';

const holder = z.strictObject({
  name: modelName,
  stage: stageName,
  version: version.nullable().describe('null: the stage was empty'),
  since: time,
});

const judgedEvent = z
  .strictObject({ ...event.shape, gates: z.array(gate) })
  .describe('With --gates: gate results');

export const history = reading('history', {
  at: time.optional().describe('With --at: the requested time'),
  holders: z.array(holder).optional().describe('With --at: holders of the stages at that time'),
  events: z
    .array(z.union([event, judgedEvent]))
    .describe('Newest first; with --at, the last move of each stage before that time'),
  nextPage,
  checkpoint: checkpoint.optional().describe('With --checkpoint (then there are no events)'),
});
