import * as z from 'zod';
import { event } from '../../../schemas/event.ts';
import { count, hexDigest } from '../../../schemas/kinds.ts';
import { reading } from '../../../schemas/result.ts';
import { defineOutput } from '../../verb.ts';

const output = () => {
  const share = z.number().nullable();

  const statistic = z
    .strictObject({
      compared: count.describe('Comparisons with an interval'),
      falseAlarms: count.describe('False alarms of a gate at the margin (one look)'),
      unequal: count.describe('Comparisons whose 95% interval excludes 1'),
      intervalWidth: share.describe('Median width of the 95% interval of the ratio; null: none'),
      minimumDetectable: share.describe('Smallest detectable increase: 0.05 is 5%'),
      minimumDetectableUsually: share.describe('The same when timing each model for 10 seconds'),
      enoughMs: z
        .number()
        .nullable()
        .describe('Milliseconds per model to detect the margin; null: unknown or impossible'),
    })
    .meta({ id: 'StatisticNoise', description: 'Results of comparing a model with itself' });

  const noise = z
    .strictObject({
      comparisons: count.describe('Number of comparisons of a model with itself'),
      margin: z.number().describe('Increase that a gate allows'),
      runs: count.describe('Median per model and comparison'),
      timedMs: z.number().describe('Median per model and comparison'),
      p50: statistic,
      p95: statistic,
      lag1: z.number().nullable().describe('Lag-1 autocorrelation of the runs, median'),
      steal: share.describe('CPU steal: share of CPU time given to other machines'),
      busy: share.describe('CPU utilization: share of CPU time in use'),
      throttledPeriods: count.nullable().describe('Periods throttled by a CPU quota'),
    })
    .meta({ id: 'MachineNoise', description: 'Noise of this machine' });

  return reading('doctor', {
    ok: z.boolean().describe('True if no check failed'),
    checks: z.array(
      z.strictObject({
        check: z.string(),
        status: z.enum(['ok', 'warn', 'fail', 'skip']),
        observed: z.string(),
        advice: z.string().optional().describe('What to do about it'),
      }),
    ),
    bench: noise.nullable().describe('null: without --bench, or no model could be timed'),
    accepted: z
      .strictObject({
        event: count.describe('Event that records it'),
        lost: z.strictObject({ seq: count, hash: hexDigest }).describe('The last lost event'),
      })
      .nullable()
      .describe('With --accept-history; null: nothing was lost'),
    registry: z.string().nullable().describe('The folder; null: no registry'),
    changed: z.boolean().optional().describe('Only with --fix-clock'),
    clockFix: z
      .strictObject({
        wrong: count.describe('Events since the last correction that a wrong clock wrote'),
        event: event.nullable().describe('The correction; null: no clock was wrong'),
      })
      .optional()
      .describe('Only with --fix-clock'),
  });
};

export const doctorOutput = /* @__PURE__ */ defineOutput({ name: 'doctor', output });
