import * as z from 'zod';

export const gate = z
  .strictObject({
    gate: z.string().describe('What was asked, such as p95<=20ms'),
    verdict: z.enum(['pass', 'fail', 'inconclusive']).describe('Anything but pass blocks'),
    observed: z.string(),
    threshold: z.string(),
    reason: z.string(),
  })
  .meta({ id: 'Gate', description: 'One condition, and whether it was met' });
