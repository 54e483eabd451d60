import { Option, type Command } from 'commander';
import { createHash } from 'node:crypto';
import { resolve } from 'node:path';
import { parseMargin, type Margin } from '../../../core/text/margin.ts';
import { parseDuration } from '../../../core/text/units.ts';
import { MlregError, isMlregError } from '../../../core/errors.ts';
import { monitorRules, type MonitorRule } from '../../../core/measurements/monitor-rules.ts';
import { parseModelName, parseStageName } from '../../../core/versions/reference.ts';
import { quote } from '../../../core/text/quote.ts';
import type { MonitorOptions } from '../../../monitor/monitor.ts';
import { startReport } from '../../output/start-report.ts';
import type { Act } from '../../command-module.ts';
import type { Session } from '../../context.ts';
import { registryCodes, type CommandHelp } from '../../help/command-help.ts';
import {
  choice,
  markdownOption,
  namedPath,
  notTogether,
  parseCount,
  parseOutputFile,
} from '../../options/options.ts';

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
  watch?: boolean;
  interval?: number;
  html?: string;
  force?: boolean;
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
    .option('--watch', 'keep looking, and print a result when there is a new one, until interrupted')
    .addOption(
      new Option('--interval <duration>', 'with --watch: polling interval (default 1m)').argParser(
        parseInterval,
      ),
    )
    .option('--html <file>', 'also write a report, one HTML file', parseOutputFile('--html', 'trend.html'))
    .option('--force', 'overwrite the file of --html')
    .addOption(markdownOption())
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
        const { watch, interval, html, force } = options;
        if (watch === true && html !== undefined) throw notTogether('--watch', '--html');
        if (interval !== undefined && watch !== true) throw requires('--interval', '--watch');
        if (force === true && html === undefined) throw requires('--force', '--html FILE');
        const input: MonitorOptions = {
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
        };
        await (watch === true
          ? untilStopped(session, keepLookingAt(session, input, interval ?? defaultIntervalMs))
          : lookOnce(session, input, html === undefined ? null : resolve(session.cwd, html), force === true));
      }),
    );
}

async function lookOnce(
  session: Session,
  input: MonitorOptions,
  file: string | null,
  force: boolean,
): Promise<void> {
  const [{ alarmFailure, monitor }, { monitorView }] = await loaded();
  await session.withRegistry(async (registry) => {
    const report =
      file === null ? null : await startReport(registry, file, { flag: '--html', replace: force });
    try {
      const result = await monitor(registry, { ...input, onOutput: outputOf(session) });
      const shown = { ...result, html: file };
      if (report !== null) {
        const { monitorHtml } = await import('../../../render/monitor/html/monitor-html.ts');
        await report.write(monitorHtml(shown, sha256));
        await report.finish();
      }
      await session.output.show('monitor', monitorView, shown, result);
      const failure = alarmFailure(result);
      if (failure !== undefined) session.fail(failure);
    } finally {
      await report?.discard();
    }
  });
}

/** What cannot be read at first is an error; later it is a warning, beside the last result. */
async function keepLookingAt(session: Session, input: MonitorOptions, intervalMs: number): Promise<void> {
  const [{ keepLooking, monitor }, { monitorView }] = await loaded();
  let readerIsGone = false;
  session.stdout.on('error', () => void (readerIsGone = true));
  await session.withRegistry(async (registry) => {
    let last = await monitor(registry, { ...input, dryRun: true });
    const asked = { ...input, onOutput: outputOf(session) };
    for await (const polled of keepLooking(registry, asked, { intervalMs, reopen: true })) {
      const isNew = 'found' in polled;
      last = isNew ? polled.found : { ...last, changed: false, warnings: [polled.trouble] };
      await session.output.show('monitor', monitorView, { ...last, html: null }, last);
      if (readerIsGone) return;
    }
  });
}

/** A signal is the normal end of a watch. */
async function untilStopped({ signal }: Session, work: Promise<void>): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

function loaded() {
  return Promise.all([
    import('../../../api/verbs/stages/monitor.ts'),
    import('../../../render/monitor/monitor-view.ts'),
  ]);
}

/** The program's output goes to stderr, except where that must be empty. */
function outputOf(session: Session): ((said: string) => void) | undefined {
  const isSilent = session.form === 'json' || session.form === 'quiet';
  return isSilent ? undefined : (said) => void session.stderr().write(said);
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('base64');
}

const defaultIntervalMs = 60_000;

function parseInterval(text: string): number {
  const ms = parseDuration(text);
  if (ms >= 100 && ms <= 24 * 3600e3) return ms;
  throw new MlregError('USAGE', `--interval must be from 100ms to 24h, not ${quote(text)}`, {
    hint: 'for example --interval 1m',
  });
}

function requires(flag: string, other: string): MlregError {
  return new MlregError('USAGE', `${flag} requires ${other}`, { hint: `add ${other}, or omit ${flag}` });
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
      ['Write a report:', 'mlreg monitor digits --html trend.html'],
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
