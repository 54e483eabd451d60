import * as z from 'zod';
import { checkpoint } from '../checkpoint.ts';
import { event } from '../event.ts';
import { gate } from '../gate.ts';
import { modelName, nextPage, stageName, time, version } from '../kinds.ts';
import { reading } from '../result.ts';

const holder = z.strictObject({
  name: modelName,
  stage: stageName,
  version: version.nullable().describe('Null: nobody held it'),
  since: time,
});

const judgedEvent = z
  .strictObject({ ...event.shape, gates: z.array(gate) })
  .describe('With --gates: what was found');

export const history = reading('history', {
  at: time.optional().describe('With --at: the time that was asked for'),
  holders: z.array(holder).optional().describe('With --at: who held the stages then'),
  events: z
    .array(z.union([event, judgedEvent]))
    .describe('Newest first; with --at, the last move of each stage by then'),
  nextPage,
  checkpoint: checkpoint.optional().describe('With --checkpoint, and then there are no events'),
});
