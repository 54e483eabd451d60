import * as z from 'zod';
import { modelName, stageName, time, version } from '../kinds.ts';
import { reading } from '../result.ts';

export const trend = reading('trend', {
  name: modelName,
  metric: z.string(),
  direction: z.enum(['higher', 'lower']).nullable().describe('Better direction; null: unknown'),
  stage: stageName.nullable().describe('Stage whose holders are marked'),
  points: z
    .array(
      z.strictObject({
        version,
        value: z.number().nullable().describe('null: the version lacks the metric'),
        createdAt: time,
        yanked: z.boolean(),
        held: z.enum(['now', 'before']).nullable().describe('When it held the stage; null: never'),
      }),
    )
    .describe('Lowest version first'),
  more: z.boolean().describe('True if there are lower versions'),
});
