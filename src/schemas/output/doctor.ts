import * as z from 'zod';
import { event } from '../event.ts';
import { count, hexDigest } from '../kinds.ts';
import { reading } from '../result.ts';

const share = z.number().nullable();

const statistic = z
  .strictObject({
    compared: count.describe('Comparisons that had an interval'),
    falseAlarms: count.describe('Those that a gate at the margin would have failed, at one look'),
    unequal: count.describe('Those whose 95% interval leaves out 1'),
    intervalWidth: share.describe('Median, of the 95% interval of the ratio; null: there was none'),
    minimumDetectable: share.describe(
      'The smallest increase that such a comparison tells from none: 0.05 is 5%',
    ),
    minimumDetectableUsually: share.describe('The same of one that times each model for 10 seconds'),
    enoughMs: z
      .number()
      .nullable()
      .describe(
        'Milliseconds of each model to tell the margin from none; null: not known, or none is enough',
      ),
  })
  .meta({ id: 'StatisticNoise', description: 'What comparisons of a model with itself gave' });

const noise = z
  .strictObject({
    comparisons: count.describe('Of a model with itself'),
    margin: z.number().describe('The increase that a gate allows'),
    runs: count.describe('Of each model in a comparison, median'),
    timedMs: z.number().describe('Of each model in a comparison, median'),
    p50: statistic,
    p95: statistic,
    lag1: z.number().nullable().describe('Lag-1 autocorrelation of the runs, median'),
    steal: share.describe('Of all CPU time, what the hypervisor gave to others'),
    busy: share.describe('Of all CPU time, what anyone used'),
    throttledPeriods: count.nullable().describe('In which a CPU quota stopped the processes'),
  })
  .meta({ id: 'MachineNoise', description: 'How well this machine can tell one latency from another' });

export const doctor = reading('doctor', {
  ok: z.boolean().describe('Nothing failed'),
  checks: z.array(
    z.strictObject({
      check: z.string(),
      status: z.enum(['ok', 'warn', 'fail', 'skip']),
      observed: z.string(),
      advice: z.string().optional().describe('What to do about it'),
    }),
  ),
  bench: noise.nullable().describe('Null without --bench, and where no model could be timed'),
  accepted: z
    .strictObject({
      event: count.describe('The event that says so'),
      lost: z.strictObject({ seq: count, hash: hexDigest }).describe('The last event that was given up'),
    })
    .nullable()
    .describe('With --accept-history; null: nothing was given up'),
  registry: z.string().nullable().describe('The folder; null: there is no registry'),
  changed: z.boolean().optional().describe('Only with --fix-clock'),
  clockFix: z
    .strictObject({
      wrong: count.describe('Events since the last correction that a wrong clock wrote'),
      event: event.nullable().describe('The correction; null: no clock was wrong'),
    })
    .optional()
    .describe('Only with --fix-clock'),
});
