import type { Command } from 'commander';
import { parseMargin, type Margin } from '../../../core/text/margin.ts';
import { parseDuration } from '../../../core/text/units.ts';
import { MlregError, isMlregError } from '../../../core/errors.ts';
import { monitorRules, type MonitorRule } from '../../../core/measurements/monitor-rules.ts';
import { parseModelName, parseStageName } from '../../../core/versions/reference.ts';
import { quote } from '../../../core/text/quote.ts';
import type { MonitorOptions } from '../../../monitor/monitor.ts';
import type { Act } from '../../command-module.ts';
import type { Session } from '../../context.ts';
import { registryCodes, type CommandHelp } from '../../help/command-help.ts';
import { choice, namedPath, parseCount } from '../../options/options.ts';

interface Options {
  stage: string;
  metric?: string;
  every?: 'day' | 'week';
  as?: string;
  rule?: MonitorRule;
  drops?: number;
  loss?: Margin;
  minLabels?: number;
  coolDown?: number;
  last: number;
  autoRollback?: boolean;
  onAlarm?: string;
  dryRun?: boolean;
}

export function define(parent: Command, act: Act): Command {
  return parent
    .command('monitor')
    .argument('<name>', 'model name')
    .argument('[args...]', 'arguments for --on-alarm; put -- before arguments that start with a dash')
    .summary('tell when the quality of a stage falls')
    .description(
      'Shows the saved evaluations of the versions that held a stage, by day or week, and exits with code 5 if their quality fell by more than chance: ' +
        'after falls in a row that the last three windows together confirm, or a fall of these alone. They are compared with the first 14 windows of the version, or, ' +
        'while it is new, with the last ones before it. --on-alarm and --auto-rollback act once for each alarm. The policy can set all of this (mlreg help monitoring).',
    )
    .option('--stage <stage>', 'stage to watch', 'production')
    .option('--metric <metric>', 'metric of evaluations (default: accuracy; rmse for numbers)')
    .addOption(choice('--every <window>', 'length of a window (default: day)', ['day', 'week']))
    .option('--as <name>', 'data set (evaluate --as), if there are several')
    .addOption(choice('--rule <rule>', 'what raises an alarm (see mlreg help monitoring)', [...monitorRules]))
    .option('--drops <n>', 'falls in a row that count (default: 3)', parseCount('--drops', 2, 30))
    .option(
      '--loss <fall>',
      'smallest fall that matters: 0.01, or 5% (default: 0.01; 5% if less is better)',
      parseLoss,
    )
    .option(
      '--min-labels <n>',
      'fewest labels of a window; others do not count (default: 30)',
      parseCount('--min-labels', 1, 1_000_000_000),
    )
    .option('--cool-down <duration>', 'how long an alarm is the same one (default: 7 windows)', parseDuration)
    .option('--last <n>', 'number of windows to show', parseCount('--last', 1, 1000), 60)
    .option(
      '--on-alarm <program>',
      'program to run once for each alarm (without a shell); it gets the result as JSON on stdin',
      (text) => namedPath('--on-alarm', text),
    )
    .option('--auto-rollback', 'return the stage to the last holder without an alarm, once for each alarm')
    .option('--no-auto-rollback', 'do not, even if the policy says so')
    .option('--dry-run', 'only look: record, move and run nothing, whatever the policy says')
    .action(
      act(async (session, text: string, args: string[], options: Options) => {
        const { onAlarm } = options;
        if (onAlarm === undefined && args.length > 0)
          throw new MlregError(
            'USAGE',
            `unexpected argument ${quote(args[0] ?? '')}: arguments need --on-alarm`,
            { hint: 'for example --on-alarm PROGRAM ARGUMENT' },
          );
        await run(session, {
          name: parseModelName(text),
          stage: parseStageName(options.stage),
          metric: options.metric,
          every: options.every,
          as: options.as,
          rule: options.rule,
          drops: options.drops,
          loss: options.loss,
          minLabels: options.minLabels,
          coolDownMs: options.coolDown,
          last: options.last,
          autoRollback: options.autoRollback,
          onAlarm: onAlarm === undefined ? undefined : [onAlarm, ...args],
          dryRun: options.dryRun,
        });
      }),
    );
}

async function run(session: Session, input: MonitorOptions): Promise<void> {
  const [{ alarmFailure, monitor }, { monitorView }] = await Promise.all([
    import('../../../api/verbs/stages/monitor.ts'),
    import('../../../render/monitor/monitor-view.ts'),
  ]);
  const isSilent = session.form === 'json' || session.form === 'quiet';
  const onOutput = isSilent ? undefined : (said: string) => void session.stderr().write(said);
  await session.withRegistry(async (registry) => {
    const result = await monitor(registry, { ...input, onOutput });
    await session.output.show('monitor', monitorView, { ...result, html: null }, result);
    const failure = alarmFailure(result);
    if (failure !== undefined) session.fail(failure);
  });
}

function parseLoss(text: string): Margin {
  try {
    return parseMargin(text);
  } catch (error) {
    if (!isMlregError(error)) throw error;
    throw new MlregError('USAGE', `--loss must be a number or a percentage, not ${quote(text)}`, {
      hint: 'for example --loss 0.01 or --loss 5%',
    });
  }
}

export function help(): CommandHelp {
  return {
    examples: [
      ['The trend of production, by day:', 'mlreg monitor digits'],
      ['Of another metric, by week:', 'mlreg monitor digits --metric f1_macro --every week'],
      ['Roll back when quality falls:', 'mlreg monitor digits --auto-rollback'],
      ['Retrain when it does:', 'mlreg monitor digits --on-alarm ./retrain.sh -- --full'],
    ],
    output: '--quiet prints the reference of the version that has an alarm, or nothing.',
    exitCodes: {
      2: 'wrong flags, a metric that no evaluation has, or several data sets',
      3: 'no such registry, model or stage, an empty stage, or no saved evaluation',
      ...registryCodes,
      5: 'quality fell',
    },
    seeAlso: ['evaluate', 'rollback', 'watch', 'trend'],
  };
}
