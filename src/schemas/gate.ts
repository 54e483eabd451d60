import * as z from 'zod';

export const gate = z
  .strictObject({
    gate: z.string().describe('What was asked, such as p95<=20ms'),
    verdict: z.enum(['pass', 'fail', 'inconclusive']).describe('Anything but pass blocks'),
    observed: z.string(),
    threshold: z.string(),
    reason: z.string(),
    needRuns: z
      .int()
      .positive()
      .nullable()
      .optional()
      .describe(
        'Of a bench, where it is inconclusive: how many runs in all would decide it if they were like these; null: no number would',
      ),
  })
  .meta({ id: 'Gate', description: 'One condition, and whether it was met' });
