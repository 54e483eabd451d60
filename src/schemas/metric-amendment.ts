import * as z from 'zod';
import { time, uuid } from './kinds.ts';

export const metricAmendment = z
  .strictObject({
    metric: z.string(),
    value: z.number(),
    before: z.number().nullable().describe('Previous value; null: none'),
    registered: z.number().nullable().describe('Value given at registration; null: none'),
    actor: z.string().describe('Actor name (not authenticated)'),
    at: time,
    message: z.string().nullable().describe('Why'),
    event: z.int().positive().describe('Number of the event'),
    registry: uuid
      .nullable()
      .describe('Id of the registry of the event, if it happened before an import; null: this registry'),
  })
  .meta({ id: 'MetricAmendment', description: 'A metric changed after the registration' });
