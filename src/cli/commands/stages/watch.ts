import { Option, type Command } from 'commander';
import { parseDuration } from '../../../core/text/units.ts';
import { MlregError } from '../../../core/errors.ts';
import { parseModelName, parseStageName } from '../../../core/versions/reference.ts';
import { quote } from '../../../core/text/quote.ts';
import type { Ended } from '../../../registry/stages/run-program.ts';
import type { StageMove, WatchInput } from '../../../registry/inspect/watch.ts';
import type { Act } from '../../command-module.ts';
import type { Session } from '../../context.ts';
import { registryCodes, type CommandHelp } from '../../help/command-help.ts';
import { namedPath, parseCount } from '../../options/options.ts';

interface Options {
  stage: string;
  exec?: string;
  exitOnError?: boolean;
  interval: number;
  since?: number;
  current?: boolean;
  once?: boolean;
}

const defaultInterval = '2s';

export function define(parent: Command, act: Act): Command {
  return parent
    .command('watch')
    .argument('<name>', 'model name')
    .argument('[args...]', 'arguments for --exec; put -- before arguments that start with a dash')
    .summary('watch the moves of a stage, and run a program for each')
    .description(
      'Prints every promotion, rollback and demotion of a stage, one per line, in order, until interrupted (Ctrl-C). ' +
        'With --exec it runs a program for each, one after another: it gets the event as JSON on stdin, and MLREG_REGISTRY, MLREG_ACTION, MLREG_MODEL, MLREG_STAGE, MLREG_FROM, MLREG_TO and ' +
        'MLREG_SEQ in the environment. A failing program or an unreadable registry is a warning, and the watch continues. If the registry is ' +
        'replaced by one with a different history, for example a backup, it prints the current holder (action: current).',
    )
    .requiredOption('--stage <stage>', 'stage, for example production')
    .option('--exec <program>', 'program to run for each move (without a shell)', (text) =>
      namedPath('--exec', text),
    )
    .option('--exit-on-error', 'exit with code 5 if the program fails')
    .addOption(
      new Option('--interval <duration>', 'polling interval')
        .argParser(parseInterval)
        .default(parseDuration(defaultInterval), defaultInterval),
    )
    .option(
      '--since <event>',
      'start after this event number (0: from the beginning)',
      parseCount('--since', 0, 999_999_999),
    )
    .option('--current', 'print the current holder first, and run the program for it')
    .option('--once', 'print past moves (--since) or the holder (--current), and exit')
    .action(
      act(async (session, text: string, args: string[], options: Options) => {
        const { stage, since, current, once, interval, exec, exitOnError } = options;
        if (exec === undefined && args.length > 0)
          throw usage(
            `unexpected argument ${quote(args[0] ?? '')}: arguments need --exec`,
            '--exec PROGRAM ARGUMENT',
          );
        if (exec === undefined && exitOnError === true)
          throw usage('--exit-on-error requires --exec', '--exec PROGRAM');
        if (current === true && since !== undefined)
          throw usage('--current and --since cannot be used together', '--current');
        if (once === true && since === undefined && current !== true)
          throw usage('--once requires --since or --current', '--once --since 0');
        const input = {
          name: parseModelName(text),
          stage: parseStageName(stage),
          since,
          current,
          once,
          intervalMs: interval,
        };
        await untilStopped(
          session,
          follow(session, input, exec === undefined ? null : [exec, ...args], exitOnError === true),
        );
      }),
    );
}

/** A signal is the normal end of a watch. */
async function untilStopped({ signal }: Session, work: Promise<void>): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

async function follow(
  session: Session,
  input: WatchInput,
  command: string[] | null,
  exitOnError: boolean,
): Promise<void> {
  const [{ watch }, { watchView }, { locationText }, programs] = await Promise.all([
    import('../../../api/verbs/stages/watch.ts'),
    import('../../../render/inspect/watch-view.ts'),
    import('../../../api/verbs/stages/watch.ts'),
    import('../../../api/verbs/stages/watch.ts'),
  ]);
  const { name, stage } = input;
  const isSilent = session.form === 'json' || session.form === 'quiet';
  let readerIsGone = false;
  let firstFailure: MlregError | undefined;
  session.stdout.on('error', () => void (readerIsGone = true));
  const run = (move: StageMove, [...program]: string[], registry: string): Promise<Ended> =>
    programs.runProgram(
      program,
      { ...move, model: move.name },
      {
        registry,
        timeoutMs: null,
        signal: session.signal,
        onOutput: isSilent ? undefined : (said) => void session.stderr().write(said),
      },
    );
  await session.withRegistry(async (registry) => {
    const location = locationText(registry);
    for await (const found of watch(registry, { ...input, reopen: true })) {
      if ('trouble' in found) {
        const line = { name, stage, move: null, exec: null };
        await session.output.show('watch', watchView, line, { warnings: [found.trouble] });
        continue;
      }
      const { move } = found;
      const ended = command === null ? null : await run(move, command, location);
      const how = ended === null ? null : programs.failureOf(ended);
      if (session.signal.aborted && how !== null) {
        session.fail(stoppedWithin(session, move, command?.[0] ?? ''));
        return;
      }
      const warnings =
        command === null || ended === null || how === null
          ? []
          : [programs.describeFailure(command, how, ended)];
      const exec = command === null || ended === null ? null : { command, ...ended };
      await session.output.show('watch', watchView, { name, stage, move, exec }, { warnings });
      if (how !== null) firstFailure ??= failed(move, warnings[0] ?? '');
      if (readerIsGone || (how !== null && exitOnError)) break;
    }
    if (firstFailure !== undefined) session.fail(firstFailure);
  });
}

function failed(move: StageMove, warning: string): MlregError {
  const { name, stage, to, action, event } = move;
  const what = action === 'current' ? `${stage}, which is at` : `the ${action} of ${stage} to`;
  return new MlregError(
    'GATE_FAILED',
    `for ${what} ${to === null ? 'nothing' : `${name}@${to}`}, ${warning}`,
    { hint: beginAgain(move), details: { event: event?.seq ?? null } },
  );
}

/** It is unknown how far a stopped program got. */
function stoppedWithin({ signal }: Session, move: StageMove, program: string): MlregError {
  const { details, message } = signal.reason as MlregError;
  const how = message.split(';')[0];
  return new MlregError('INTERRUPTED', `${how} while ${quote(program)} was running; it was stopped, too`, {
    hint: beginAgain(move),
    details: { ...details, event: move.event?.seq ?? null },
  });
}

function beginAgain({ name, stage, action, event }: StageMove): string {
  const from = action === 'current' || event === null ? '--current' : `--since ${event.seq - 1}`;
  return `resume from this move: mlreg watch ${name} --stage ${stage} ${from} …`;
}

function parseInterval(text: string): number {
  const ms = parseDuration(text);
  if (ms >= 100 && ms <= 24 * 3600e3) return ms;
  throw usage(`--interval must be from 100ms to 24h, not ${quote(text)}`, `--interval ${defaultInterval}`);
}

function usage(message: string, example: string): MlregError {
  return new MlregError('USAGE', message, { hint: `for example ${example}` });
}

export function help(): CommandHelp {
  return {
    examples: [
      ['Print the current holder:', 'mlreg watch digits --stage production --current --once'],
      [
        'Moves since event 1 (omit --once to keep watching):',
        'mlreg watch digits --stage staging --since 1 --once',
      ],
      [
        'Run a program for each of these moves:',
        'mlreg watch digits --stage staging --since 1 --once --exec printenv MLREG_TO',
      ],
    ],
    output:
      'One object per line. --quiet prints the new reference. The output of the program goes to stderr.',
    exitCodes: {
      0: 'with --once, interrupted (Ctrl-C, SIGTERM), or stdout was closed',
      2: 'wrong flags, or an event that does not exist yet',
      3: 'no such registry, model or stage',
      5: 'with --once or --exit-on-error: the program failed',
      ...registryCodes,
    },
    seeAlso: ['history', 'promote', 'rollback', 'policies'],
  };
}
