import * as z from 'zod';
import { event } from '../event.ts';
import { hexDigest, modelName, nextPage, stageName, time, uuid, version } from '../kinds.ts';
import { reading } from '../result.ts';

const holder = z.strictObject({
  name: modelName,
  stage: stageName,
  version: version.nullable().describe('Null: nobody held it'),
  since: time,
});

export const history = reading('history', {
  at: time.optional().describe('With --at: the time that was asked for'),
  holders: z.array(holder).optional().describe('With --at: who held the stages then'),
  events: z.array(event).describe('Newest first; with --at, the last move of each stage by then'),
  nextPage,
  checkpoint: z
    .strictObject({ registry: uuid, seq: z.int().positive(), hash: hexDigest })
    .optional()
    .describe('With --checkpoint, and then no events: the head of the chain'),
});
