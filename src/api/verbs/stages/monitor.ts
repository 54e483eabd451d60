import * as z from 'zod';
import { monitorRules } from '../../../core/measurements/monitor-rules.ts';
import { parseMargin } from '../../../core/text/margin.ts';
import { parseStageName } from '../../../core/versions/reference.ts';
import { alarmFailure, monitor } from '../../../monitor/monitor.ts';
import type { MonitorResult as Monitored } from '../../../monitor/monitoring.ts';
import { count, modelName, stageName, time, uuid, version } from '../../../schemas/kinds.ts';
import { programRun } from '../../../schemas/program-run.ts';
import { changing } from '../../../schemas/result.ts';
import type { Call } from '../../call.ts';
import * as given from '../../given.ts';
import type { Duration } from '../../options.ts';
import type { Plain } from '../../plain.ts';
import { defineVerb } from '../../verb.ts';

/** @internal */
export { keepLooking } from '../../../monitor/keep-looking.ts';
/** @internal */
export { alarmFailure, monitor };

export type MonitorResult = Plain<Monitored>;

export interface MonitorOptions {
  /** Default: production. */
  stage?: string;
  /** A metric of evaluations. Default: accuracy, or rmse for numbers. */
  metric?: string;
  /** Default: day. */
  every?: 'day' | 'week';
  /** Name of the data set, if there are several. */
  as?: string;
  /** Default: `default`. */
  rule?: 'default' | 'drops' | 'pooled' | 'page-hinkley';
  /** Falls in a row that count. Default: 3. */
  drops?: number;
  /** Smallest fall that matters: `0.01`, or `5%` of what it fell from. */
  loss?: number | string;
  /** Fewest labels of a window. Default: 30. */
  minLabels?: number;
  /** How long an alarm is the same one. Default: 7 windows. */
  coolDown?: Duration;
  /** Windows of the result. Default: 60. */
  last?: number;
  /** Roll back to the last holder without an alarm, once for each alarm. */
  autoRollback?: boolean;
  /** Program and arguments to run once for each alarm. */
  onAlarm?: readonly string[];
  /** Only look, whatever the policy says. */
  dryRun?: boolean;
}

const someLoss = 'a number or a percentage, for example 0.01 or "5%"';

/** @internal */
export const monitorVerb = /* @__PURE__ */ defineVerb({
  name: 'monitor',
  input: () =>
    z
      .strictObject({
        name: given.modelName,
        stage: given.stageName.optional(),
        metric: given.filledText.optional(),
        every: given.oneOf(['day', 'week']).optional(),
        as: given.filledText.optional(),
        rule: given.oneOf(monitorRules).optional(),
        drops: given.count(2, 30).optional(),
        loss: z
          .union([z.number().nonnegative({ error: someLoss }), z.string()], { error: someLoss })
          .transform((loss) => parseMargin(String(loss)))
          .optional(),
        minLabels: given.count(1, 1_000_000_000).optional(),
        coolDown: given.duration.optional(),
        last: given.count(1, 1000).default(60),
        autoRollback: given.flag,
        onAlarm: z
          .array(given.filledText, { error: 'a program and its arguments' })
          .min(1, { error: 'a program and its arguments' })
          .readonly()
          .optional(),
        dryRun: given.flag,
      })
      .transform(({ stage, coolDown, ...rest }) => ({
        ...rest,
        stage: stage ?? parseStageName('production'),
        coolDownMs: coolDown,
      })),
  output: () => {
    const alarm = z.strictObject({
      at: time.describe('Start of the window that raised it'),
      lastAt: time.describe('Start of the last window in which the rule still said so'),
      version: version.describe('Version that was evaluated then'),
      by: z.enum(['falls', 'pooled', 'page-hinkley']).describe('What the rule found'),
      fall: z
        .strictObject({
          recent: z.number().describe('Value in the last windows'),
          baseline: z.number().describe('Value in the windows they are compared with'),
          loss: z.number().describe('How much worse; below 0: better'),
          p: z.number().describe('Two-sided p-value of the hypothesis that both are the same'),
          test: z.enum(['two proportions', 'intervals', 'spread of windows']),
        })
        .nullable()
        .describe('null: the rule drops compares nothing'),
      falls: z
        .strictObject({ count, from: z.number(), to: z.number() })
        .nullable()
        .describe('Windows in a row that were worse; null: it is no matter of falls'),
      reason: z.string(),
    });
    return changing('monitor', {
      name: modelName,
      stage: stageName,
      holder: version.describe('Current holder of the stage'),
      metric: z.string(),
      direction: z.enum(['higher', 'lower']).describe('Better direction'),
      every: z.enum(['day', 'week']),
      as: z.string().nullable().describe('Name of the data set; null: it has none'),
      target: z.string().describe('Column of the right answers'),
      rule: z.enum(monitorRules),
      drops: count,
      loss: z.string().describe('Smallest fall that matters'),
      minLabels: count,
      coolDown: z.string(),
      verdict: z.enum(['quiet', 'alarm', 'few']).describe('few: too few windows for the rule'),
      windows: z
        .array(
          z.strictObject({
            start: time,
            version: version.nullable().describe('null: no evaluation'),
            held: z.boolean().describe('Whether it held the stage then; else at another time'),
            value: z.number().nullable(),
            interval: z
              .strictObject({ low: z.number(), high: z.number() })
              .nullable()
              .describe('95% interval; null: unknown'),
            labels: count,
            evaluations: count,
            use: z.enum(['used', 'few labels', 'none']).describe('Whether the rule sees it'),
          }),
        )
        .describe('Oldest first'),
      alarms: z.array(alarm).describe('Oldest first'),
      alarm: alarm.nullable().describe('The one that is going on'),
      recorded: z
        .strictObject({
          id: uuid,
          event: count,
          isNew: z.boolean().describe('Whether this run recorded it, and acted on it'),
        })
        .nullable()
        .describe('Record of an alarm that something was to be done about'),
      rollback: z
        .strictObject({
          from: version,
          to: version.nullable().describe('null: nothing moved'),
          event: count.nullable(),
          why: z.string().nullable().describe('Why nothing moved'),
        })
        .nullable()
        .describe('null: not asked for, or no alarm'),
      program: programRun.nullable().describe('Program that was run on the alarm'),
      html: z.string().nullable().describe('Report that was written; null: none'),
    });
  },
  run: monitor,
});

export interface MonitorMethods {
  /**
   * The trend of a stage's saved evaluations, and whether quality fell. It resolves with any
   * verdict; an alarm is answered once, as asked or as the policy says.
   *
   * @example
   * const { verdict, alarm } = await registry.monitor('digits', { stage: 'production', autoRollback: true });
   */
  monitor(name: string, options?: MonitorOptions): Promise<MonitorResult>;
}

/** @internal */
export const monitorMethods = (call: Call): MonitorMethods => ({
  monitor: (name, options) => call(monitorVerb, { name }, options),
});
