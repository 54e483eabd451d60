import { Command, type CommanderError } from 'commander';
import { MlregError } from '../core/errors.ts';

/**
 * commander's error as a USAGE error, with the matching help. Help and version, which commander
 * also throws, are returned unchanged.
 */
export function usageError(error: CommanderError, command: Command): Error {
  if (error.exitCode === 0) return error;
  const help = `${typedPath(command)} --help`;
  if (error.code === 'commander.help') return new MlregError('USAGE', 'no command given', { hint: help });
  const message = error.message.replace(/^error: /, '').split('\n')[0] ?? '';
  // For a word with a dash that `--` turned into a command, commander would guess from the middle
  // of the word.
  const guess = /unknown command '-/.test(message) ? undefined : guessIn(error.message);
  return new MlregError('USAGE', message, {
    hint: guess === undefined ? help : `did you mean ${guess}?`,
    cause: error,
  });
}

/**
 * The word of `known` that the user probably meant, or `one of` several, guessed as commander does
 * for commands; undefined if none is similar.
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

/** `mlreg policy show`; a command by the alias that the user typed. */
function typedPath(command: Command): string {
  const { parent } = command;
  return parent === null ? command.name() : `${typedPath(parent)} ${parent.args[0] ?? command.name()}`;
}
