import * as z from 'zod';

export const gate = z
  .strictObject({
    gate: z.string().describe('The gate, for example p95<=20ms'),
    kind: z
      .string()
      .optional()
      .describe('What kind of gate it is, for example metric, latency or golden; absent in older results'),
    verdict: z.enum(['pass', 'fail', 'inconclusive']).describe('Only pass lets the promotion through'),
    observed: z.string(),
    threshold: z.string(),
    reason: z.string(),
  })
  .meta({ id: 'Gate', description: 'One gate and its result' });

export const benchGate = z
  .strictObject({
    ...gate.shape,
    needRuns: z
      .int()
      .positive()
      .nullable()
      .optional()
      .describe(
        'For an inconclusive benchmark: total number of similar runs needed to decide; null: more runs do not help',
      ),
  })
  .meta({ id: 'BenchGate', description: 'One limit of a benchmark and its result' });
