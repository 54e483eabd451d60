import type { Command } from 'commander';
import type { Session } from './context.ts';
import type { CommandHelp } from './help/command-help.ts';

/**
 * Turns a command's work into a commander action: opens the session from the options, before or
 * after the command's name.
 */
export type Act = <Arguments extends unknown[]>(
  action: (session: Session, ...args: Arguments) => Promise<void>,
) => (...args: [...Arguments, Command]) => Promise<void>;

/** A command's file: it declares its flags on `parent`, and loads its verb only when it runs. */
export interface CommandModule {
  define: (parent: Command, act: Act) => Command;
  /** Called only when the command's help is shown. */
  help?: () => CommandHelp;
}
