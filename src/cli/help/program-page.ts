import type { Command, Help } from 'commander';
import { commandTable, groups } from '../command-table.ts';
import { optionMeaning, optionTerm } from './flags-text.ts';
import { columnOf, definitions, paragraph, section } from './lay-out.ts';
import { topics } from './topics.ts';

/** The tests run these examples too. */
export const programExamples = [
  'mlreg init',
  'mlreg register digits model.onnx --metadata metadata.json --data train=train.csv',
  'mlreg promote digits@1.0.0 production',
  'mlreg rollback digits',
];

/** The page of `mlreg` itself: the commands by group. */
export function programPage(program: Command, helper: Help): string {
  const width = helper.helpWidth ?? 80;
  const options = helper
    .visibleOptions(program)
    .map((option): [string, string] => [optionTerm(option), optionMeaning(option)]);
  const commands = groups.map((group) => ({
    group,
    items: helper
      .visibleCommands(program)
      .filter((command) => groupOf(command) === group)
      .map((command): [string, string] => [
        [command.name(), ...command.aliases()].join(', '),
        helper.subcommandDescription(command),
      ]),
  }));
  const more: [string, string][] = [
    ['mlreg help COMMAND', 'help for a command, with examples'],
    ...Object.entries(topics).map(([name, what]): [string, string] => [`mlreg help ${name}`, what]),
  ];
  const column = columnOf(commands.flatMap(({ items }) => items)) + 2;
  const lines = [
    ...section('NAME', paragraph(`mlreg — ${program.description()}`, width, '  ')),
    ...section('SYNOPSIS', ['mlreg COMMAND [ARGUMENTS] [OPTIONS]']),
    ...commands.flatMap(({ group, items }) =>
      section(group.toUpperCase(), definitions(items, width, column)),
    ),
    ...section('GLOBAL OPTIONS', definitions(options, width)),
    ...section('EXAMPLES', programExamples),
    ...section('MORE', definitions(more, width)),
  ];
  return `${lines.join('\n').trimEnd()}\n`;
}

/** A command that is not in the table, such as help, belongs to the last group. */
function groupOf(command: Command): string {
  const entry = commandTable.find(({ names }) => names.includes(command.name()));
  return entry?.group ?? groups.at(-1) ?? '';
}
