import type { Command } from 'commander';
import { MlregError } from '../../../core/errors.ts';
import { quote } from '../../../core/text/quote.ts';
import type { Context } from '../../context.ts';
import type { CommandHelp } from '../../help/command-help.ts';
import { topicText } from '../../help/topic-text.ts';
import { isTopic, topics } from '../../help/topics.ts';
import { guessWord } from '../../usage-error.ts';

/** `mlreg help [command|topic]`, and `mlreg help COMMAND SUBCOMMAND` */
export function defineHelp(program: Command, context: Context): Command {
  return program
    .command('help')
    .argument('[topic...]', 'command, subcommand or topic')
    .summary('show help for a command or topic')
    .description(
      `Shows the help page of a command, as COMMAND --help does, or a topic: ${Object.keys(topics).join(', ')}.`,
    )
    .action((words: string[]) => {
      const topic = words.join(' ');
      const command = findCommand(program, words);
      const text = isTopic(topic) ? topicText(topic) : command && fullHelp(command);
      if (text === undefined) throw noHelp(program, words);
      context.stdout.write(text);
    });
}

function noHelp(program: Command, words: string[]): MlregError {
  const upper = words.slice(0, -1);
  const names = findCommand(program, upper)?.commands.flatMap((one) => [one.name(), ...one.aliases()]) ?? [];
  const guess = guessWord(
    words.at(-1) ?? '',
    upper.length === 0 ? [...names, ...Object.keys(topics)] : names,
  );
  return new MlregError('USAGE', `no help topic or command ${quote(words.join(' '))}`, {
    hint:
      guess === undefined
        ? `topics: ${Object.keys(topics).join(', ')}; for commands see mlreg --help`
        : `did you mean ${[...upper, guess].join(' ')}?`,
  });
}

export function help(): CommandHelp {
  return {
    examples: [
      ['Help for one command:', 'mlreg help promote'],
      ['How to name a version:', 'mlreg help references'],
    ],
    output: 'Text, with or without --json and --quiet.',
    exitCodes: { 0: 'shown', 2: 'no such command or topic' },
    seeAlso: Object.keys(topics),
  };
}

function findCommand(from: Command, [word, ...rest]: string[]): Command | undefined {
  if (word === undefined) return from;
  const command = from.commands.find((one) => one.name() === word || one.aliases().includes(word));
  return command && findCommand(command, rest);
}

/** Includes the text around it, which `helpInformation` omits. */
function fullHelp(command: Command): string {
  let text = '';
  const write = (part: string): void => void (text += part);
  command.configureOutput({ writeOut: write }).outputHelp();
  return text;
}
