import * as z from 'zod';
import { time, uuid } from './kinds.ts';

export const metricAmendment = z
  .strictObject({
    metric: z.string(),
    value: z.number(),
    before: z.number().nullable().describe('What it was before; null: there was none'),
    registered: z.number().nullable().describe('What was given at registration; null: nothing was'),
    actor: z.string().describe('Who changed it: a claim, not a proof'),
    at: time,
    message: z.string().nullable().describe('Why'),
    event: z.int().positive().describe('The number of the event that did it'),
    registry: uuid
      .nullable()
      .describe('Id of the registry whose event it is, where it happened before an import; null: this one'),
  })
  .meta({ id: 'MetricAmendment', description: 'A metric that was changed after the registration' });
