import { Command, type OutputConfiguration } from 'commander';
import packageJson from '../../package.json' with { type: 'json' };
import type { Act } from './command-module.ts';
import { commandTable, commandWord } from './command-table.ts';
import { openSession, type Context, type GlobalOptions, type Session } from './context.ts';
import type { CommandHelp } from './help/command-help.ts';
import { commandPage } from './help/command-page.ts';
import { programPage } from './help/program-page.ts';
import { addGlobalOptions } from './options/options.ts';
import { hasColors } from './output/terminal.ts';
import { usageError } from './usage-error.ts';

/**
 * The program with only the command in `argv`, or with all of them if help or an error needs them.
 */
export async function createProgram(argv: readonly string[], context: Context): Promise<Command> {
  const program = new Command('mlreg')
    .description(
      'a model registry that runs where CI runs: versions, stages, rollback and honest ONNX benchmarks',
    )
    .version(packageJson.version, '-v, --version', 'show the version')
    .enablePositionalOptions()
    .helpCommand(false)
    .showSuggestionAfterError()
    .configureOutput(outputOf(argv, context));
  addGlobalOptions(tellingWhere(program));
  // The commands declared below inherit these settings.
  const pages = new Map<Command, () => CommandHelp>();
  const fields = asksForHelp(argv) ? (await import('../api/published.ts')).fields : {};
  program.configureHelp({
    formatHelp: (command, helper) =>
      command === program
        ? programPage(program, helper)
        : commandPage(command, helper, pageOf(command, pages), fields),
  });
  const act: Act = <Arguments extends unknown[]>(
    action: (session: Session, ...args: Arguments) => Promise<void>,
  ) =>
    async function run(...args: [...Arguments, Command]): Promise<void> {
      const command = args.at(-1) as Command;
      const session = openSession(context, givenOptions(command));
      await action(session, ...(args.slice(0, -1) as unknown as Arguments));
    };
  const word = commandWord(argv);
  if (word === '__complete') {
    const { defineComplete } = await import('./completion/define-complete.ts');
    defineComplete(program, context, (words) => createProgram(words, context));
    return program;
  }
  const named = commandTable.filter(({ names }) => word !== undefined && names.includes(word));
  for (const { names, load } of named.length > 0 ? named : commandTable) {
    const { define, help } = await load();
    const command = define(program, act);
    command.aliases(names.slice(1));
    if (help !== undefined) pages.set(command, help);
    for (const one of [command, ...command.commands]) addGlobalOptions(tellingWhere(one));
  }
  if (named.length === 0) {
    const { defineHelp, help } = await import('./commands/maintain/help.ts');
    const command = defineHelp(program, context);
    pages.set(command, help);
    addGlobalOptions(tellingWhere(command));
  }
  return program;
}

/** Whether help may be shown, which includes the fields of the command's JSON. */
function asksForHelp(argv: readonly string[]): boolean {
  const word = commandWord(argv);
  return (
    word === undefined || word === 'help' || argv.some((one) => one === '--help' || /^-[a-z]*h/.test(one))
  );
}

/** The command, changed to throw usage errors instead of exiting. */
function tellingWhere(command: Command): Command {
  return command.exitOverride((error) => {
    throw usageError(error, command);
  });
}

/** The options from before and after the command; if both have a value, the later one counts. */
function givenOptions(command: Command): GlobalOptions {
  const own = command.opts<GlobalOptions>();
  if (command.parent === null) return own;
  const before = givenOptions(command.parent);
  // `color` always has a default, which must not hide the value given at the other place.
  return { ...before, ...own, color: before.color !== false && own.color !== false };
}

/** A command's own help, or its help in the page of its parent. */
function pageOf(command: Command, pages: Map<Command, () => CommandHelp>): CommandHelp | undefined {
  const { parent } = command;
  const page = pages.get(command)?.();
  if (page !== undefined || parent === null) return page;
  return pageOf(parent, pages)?.commands?.[command.name()];
}

const widest = 100;

/** Where and how help is printed. Errors are thrown, and printed by `main`. */
function outputOf(argv: readonly string[], { env, stdout }: Context): OutputConfiguration {
  return {
    writeOut: (text) => stdout.write(text),
    writeErr: () => undefined,
    getOutHelpWidth: () => Math.min(stdout.columns || 80, widest),
    getOutHasColors: () => hasColors(stdout, env, !argv.includes('--no-color')),
  };
}
