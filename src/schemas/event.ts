import * as z from 'zod';
import { eventActions } from '../core/events/event.ts';
import { hexDigest, modelName, stageName, time, uuid, version } from './kinds.ts';

export const event = z
  .strictObject({
    id: uuid,
    seq: z.int().positive().describe('1, 2, 3, … without gaps across the registry'),
    at: time.describe('Never before the previous event, except for fix-clock'),
    clock: time.optional().describe('Clock of the writer; absent in events of early formats'),
    actor: z.string().describe('Actor name (not authenticated)'),
    action: z.enum(eventActions),
    model: modelName.nullable(),
    version: version.nullable(),
    stage: stageName.nullable(),
    from: version.nullable().describe('Previous holder of a move; null: the stage was empty'),
    to: version.nullable().describe('New holder of a move; null: the stage is empty'),
    message: z.string().nullable().describe('Why'),
    details: z.record(z.string(), z.unknown()).describe('Other details of the action'),
    hash: hexDigest.describe('SHA-256 of the canonical JSON of the other fields'),
    prevHash: hexDigest.describe('Hash of the previous event; zeros for the first'),
  })
  .meta({ id: 'Event', description: "One link of the registry's hash chain" });

export type EventJson = z.infer<typeof event>;
