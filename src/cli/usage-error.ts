import { Command, type CommanderError } from 'commander';
import { MlregError } from '../core/errors.ts';

/**
 * What commander has to say against the words, with the help that answers it; help and version,
 * which it throws too, as they are.
 */
export function usageError(error: CommanderError, command: Command): Error {
  if (error.exitCode === 0) return error;
  const help = `${typedPath(command)} --help`;
  if (error.code === 'commander.help') return new MlregError('USAGE', 'no command given', { hint: help });
  const message = error.message.replace(/^error: /, '').split('\n')[0] ?? '';
  // Of a word with a dash, which -- made a command, commander guesses from its middle.
  const guess = /unknown command '-/.test(message) ? undefined : guessIn(error.message);
  return new MlregError('USAGE', message, {
    hint: guess === undefined ? help : `did you mean ${guess}?`,
    cause: error,
  });
}

/**
 * Which of `known` someone meant, or `one of` several, as commander guesses it of commands;
 * undefined where none is near.
 */
export function guessWord(word: string, known: readonly string[]): string | undefined {
  const names = new Command()
    .helpCommand(false)
    .exitOverride()
    .configureOutput({ writeErr: () => undefined });
  for (const name of known) names.command(name);
  try {
    names.parse(['--', word], { from: 'user' });
  } catch (error) {
    return guessIn((error as CommanderError).message);
  }
  return undefined;
}

function guessIn(message: string): string | undefined {
  return /\(Did you mean (.+)\?\)/.exec(message)?.[1];
}

/** `mlreg policy show`; a command by the alias that was typed. */
function typedPath(command: Command): string {
  const { parent } = command;
  return parent === null ? command.name() : `${typedPath(parent)} ${parent.args[0] ?? command.name()}`;
}
