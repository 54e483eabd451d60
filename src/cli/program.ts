import { Command } from 'commander';
import packageJson from '../../package.json' with { type: 'json' };
import type { Act } from './command-module.ts';
import { commandTable, commandWord } from './command-table.ts';
import { openSession, type Context, type GlobalOptions, type Session } from './context.ts';
import { addGlobalOptions } from './options.ts';

/** The program with the one command that `argv` names, or with all of them where help or an error will need them. */
export async function createProgram(argv: readonly string[], context: Context): Promise<Command> {
  const program = new Command('mlreg')
    .description(
      'A model registry that runs where CI runs: versions, stages, rollback and honest ONNX benchmarks.',
    )
    .version(packageJson.version, '--version', 'show the version')
    .enablePositionalOptions()
    .helpCommand(false)
    .showSuggestionAfterError()
    .exitOverride()
    .configureOutput({ writeOut: (text) => context.stdout.write(text), writeErr: () => undefined })
    .addHelpText('after', programHelp);
  addGlobalOptions(program);
  const act: Act = <Arguments extends unknown[]>(
    action: (session: Session, ...args: Arguments) => Promise<void>,
  ) =>
    async function run(...args: [...Arguments, Command]): Promise<void> {
      const command = args.at(-1) as Command;
      const session = openSession(context, givenOptions(command));
      await action(session, ...(args.slice(0, -1) as unknown as Arguments));
    };
  const word = commandWord(argv);
  const named = commandTable.filter(({ names }) => word !== undefined && names.includes(word));
  for (const { names, load } of named.length > 0 ? named : commandTable) {
    const command = (await load()).define(program, act);
    command.aliases(names.slice(1));
    addGlobalOptions(command).exitOverride();
    for (const inner of command.commands) addGlobalOptions(inner).exitOverride();
  }
  if (named.length === 0) {
    const { defineHelp } = await import('./commands/help.ts');
    defineHelp(program, context);
  }
  return program;
}

/** The options as given before and after the command; of two values, the one that stands last counts. */
function givenOptions(command: Command): GlobalOptions {
  const own = command.opts<GlobalOptions>();
  if (command.parent === null) return own;
  const before = givenOptions(command.parent);
  // All have a default for this one, which must not hide what the others were told.
  return { ...before, ...own, color: before.color !== false && own.color !== false };
}

const programHelp = `
Examples:
  mlreg init
  mlreg register digits model.onnx --metadata metadata.json --data train=train.csv
  mlreg promote digits@1.0.0 --to production
  mlreg rollback digits

Topics:
  mlreg help references    how versions are named: digits@production~1, digits@^1.2 …
  mlreg help exit-codes    what scripts can rely on
  mlreg help metadata      what a metadata file holds
`;
