import type { Argument, Command, Help, Option } from 'commander';
import { globalGroup } from '../options/options.ts';

/** `REF`, `[NAME]`, `REF...`: in capitals, as in the documentation. */
export function argumentTerm(argument: Argument): string {
  const name = argument.name().toUpperCase() + (argument.variadic ? '...' : '');
  return argument.required ? name : `[${name}]`;
}

/** `-m, --message TEXT`; an option without a short name has the same indent. */
export function optionTerm({ flags, short }: Option): string {
  return (short === undefined ? '    ' : '') + placeholders(flags);
}

/** The description of an option, with its choices and its default from the definition. */
export function optionMeaning(option: Option): string {
  const { description, mandatory, argChoices, defaultValue, defaultValueDescription } = option;
  const standard = defaultValueDescription ?? (typeof defaultValue === 'boolean' ? undefined : defaultValue);
  const notes = [
    ...(mandatory ? ['required'] : []),
    ...(argChoices === undefined ? [] : [`one of ${argChoices.join(', ')}`]),
    ...(standard === undefined ? [] : [`default ${String(standard)}`]),
  ];
  return notes.length === 0 ? description : `${description} (${notes.join('; ')})`;
}

/**
 * The command and its arguments as words of a synopsis: `mlreg promote`, `REF`, `--to STAGE`,
 * `[--dry-run]`.
 */
export function synopsis(command: Command, helper: Help): string[] {
  const own = helper
    .visibleOptions(command)
    .filter((option) => option.helpGroupHeading !== globalGroup && !option.flags.includes('--help'));
  const terms = own.map((option) => {
    const flag = option.short ?? option.long ?? '';
    const value = placeholders(option.flags.split(/ (?=[<[])/)[1] ?? '');
    const term = value === '' ? flag : `${flag} ${value}`;
    return option.mandatory ? term : `[${term}]`;
  });
  const subcommands = command.commands.length > 0 ? ['COMMAND'] : [];
  return [commandPath(command), ...command.registeredArguments.map(argumentTerm), ...subcommands, ...terms];
}

/** `mlreg stage add` */
export function commandPath(command: Command): string {
  return command.parent === null ? command.name() : `${commandPath(command.parent)} ${command.name()}`;
}

function placeholders(flags: string): string {
  return flags.replace(/<(.+)>/, (_, value: string) => value.toUpperCase());
}
