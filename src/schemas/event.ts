import * as z from 'zod';
import { eventActions } from '../core/event.ts';
import { hexDigest, modelName, stageName, time, uuid, version } from './kinds.ts';

export const event = z
  .strictObject({
    id: uuid,
    seq: z.int().positive().describe('1, 2, 3 … without gaps, over the whole registry'),
    at: time.describe('Never before the event before, except at fix-clock'),
    clock: time.optional().describe('What the clock of the writer said; absent in events of early formats'),
    actor: z.string().describe('Who did it: a claim, not a proof'),
    action: z.enum(eventActions),
    model: modelName.nullable(),
    version: version.nullable(),
    stage: stageName.nullable(),
    from: version.nullable().describe('Of a move: the holder before; null: nobody'),
    to: version.nullable().describe('Of a move: the holder after; null: nobody'),
    message: z.string().nullable().describe('Why'),
    details: z.record(z.string(), z.unknown()).describe('What else the action fixes'),
    hash: hexDigest.describe('Of the canonical JSON of all else here'),
    prevHash: hexDigest.describe('The hash of the event before; zeros for the first'),
  })
  .meta({ id: 'Event', description: "One link of the registry's hash chain" });
