import * as z from 'zod';
import { modelName, stageName, time, version } from '../kinds.ts';
import { reading } from '../result.ts';

export const trend = reading('trend', {
  name: modelName,
  metric: z.string(),
  direction: z.enum(['higher', 'lower']).nullable().describe('Which is better; null: not known'),
  stage: stageName.nullable().describe('Whose holders are marked'),
  points: z
    .array(
      z.strictObject({
        version,
        value: z.number().nullable().describe('Null: the version has no such metric'),
        createdAt: time,
        yanked: z.boolean(),
        held: z.enum(['now', 'before']).nullable().describe('When it held the stage; null: never'),
      }),
    )
    .describe('Lowest version first'),
  more: z.boolean().describe('There are lower versions'),
});
