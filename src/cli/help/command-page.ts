import type { Command, Help, Option } from 'commander';
import { globalGroup } from '../options/options.ts';
import type { CommandHelp } from './command-help.ts';
import { argumentTerm, commandPath, optionMeaning, optionTerm, synopsis } from './flags-text.ts';
import { columnOf, definitions, paragraph, section, wrapWords } from './lay-out.ts';
import { isTopic } from './topics.ts';

/**
 * A command's page, in the order of a manual page. Arguments and flags come from the command's
 * definitions. A command without `help` has only the sections that these fill.
 */
export function commandPage(
  command: Command,
  helper: Help,
  help: CommandHelp | undefined,
  fields: Readonly<Record<string, string>>,
): string {
  const width = helper.helpWidth ?? 80;
  const path = commandPath(command);
  const aliases = command.aliases().map((alias) => path.replace(/\S+$/, alias));
  const words = synopsis(command, helper);
  const lines = [
    ...section(
      'NAME',
      paragraph(`${[path, ...aliases].join(', ')} — ${helper.subcommandDescription(command)}`, width, '  '),
    ),
    ...section('SYNOPSIS', wrapWords(words, width, ' '.repeat(Math.min(path.length + 1, 20)))),
    ...section('DESCRIPTION', paragraph(command.description(), width)),
    ...flagSections(command, helper, width),
    ...(help === undefined ? [] : helpSections(help, width, jsonLine(path, fields))),
  ];
  return `${lines.join('\n').trimEnd()}\n`;
}

function flagSections(command: Command, helper: Help, width: number): string[] {
  const items = (options: Option[]): [string, string][] =>
    options.map((option) => [optionTerm(option), optionMeaning(option)]);
  const options = helper.visibleOptions(command);
  const isOwn = (option: Option): boolean => option.helpGroupHeading !== globalGroup;
  const own = items(options.filter((option) => isOwn(option) && option.long !== '--help'));
  const shared = items(options.filter((option) => !isOwn(option) || option.long === '--help'));
  const subcommands = helper
    .visibleCommands(command)
    .map((one): [string, string] => [
      [one.name(), ...one.registeredArguments.map(argumentTerm)].join(' '),
      helper.subcommandDescription(one),
    ]);
  const column = columnOf([...own, ...shared]);
  return [
    ...section(
      'ARGUMENTS',
      definitions(
        helper
          .visibleArguments(command)
          .map((argument) => [argument.name().toUpperCase(), argument.description]),
        width,
      ),
    ),
    ...section('COMMANDS', definitions(subcommands, width)),
    ...section('OPTIONS', definitions(own, width, column)),
    ...section('GLOBAL OPTIONS', definitions(shared, width, column)),
  ];
}

/** The fields of the JSON according to the schema; empty for a command that prints none. */
function jsonLine(path: string, fields: Readonly<Record<string, string>>): string {
  const [command = '', ...more] = path.split(' ').slice(1);
  const own = fields[[command, ...more].join('.')] ?? fields[command];
  return own === undefined ? '' : `JSON: ${own}. All of it: mlreg schema output ${command}. `;
}

function helpSections(
  { examples, output, exitCodes, seeAlso }: CommandHelp,
  width: number,
  json: string,
): string[] {
  const codes = {
    0: 'done',
    1: 'a bug in mlreg',
    2: 'wrong flags, or a bad name or value',
    ...exitCodes,
    130: 'interrupted (129: SIGHUP, 143: SIGTERM); no partial changes',
  };
  return [
    ...section(
      'EXAMPLES',
      examples.flatMap(([does, command], index) => [
        ...(index === 0 ? [] : ['']),
        ...paragraph(does, width),
        ...command.split('\n').map((line) => `  ${line}`),
      ]),
    ),
    ...section('OUTPUT', paragraph(json + output, width)),
    ...section('EXIT CODES', definitions(Object.entries(codes), width)),
    ...section(
      'SEE ALSO',
      wrapWords(
        seeAlso.map(
          (name, index) =>
            `mlreg ${isTopic(name) ? 'help ' : ''}${name}${index < seeAlso.length - 1 ? ',' : ''}`,
        ),
        width,
      ),
    ),
  ];
}
