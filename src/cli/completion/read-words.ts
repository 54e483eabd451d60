import type { Argument, Command, Option } from 'commander';

/**
 * The meaning of the words before the one that is being typed, according to the definitions of the
 * commands.
 */
export interface TypedLine {
  /** The innermost command among the words. */
  command: Command;
  /** Its arguments so far. */
  operands: string[];
  /** Whether `--` was typed: no word after it is an option. */
  onlyOperands: boolean;
  /**
   * The option whose value is being typed. A variadic option that already has a value takes the
   * word unless it is an option.
   */
  awaits: Option | undefined;
  /** Values of options, by long flag; the last one counts. */
  values: Map<string, string>;
}

/** Undefined if the words name an unknown command. */
export function readWords(program: Command, words: readonly string[]): TypedLine | undefined {
  const line: TypedLine = {
    command: program,
    operands: [],
    onlyOperands: false,
    awaits: undefined,
    values: new Map(),
  };
  for (const word of words) {
    if (line.awaits !== undefined && !endsValues(line, word)) {
      line.values.set(line.awaits.long ?? '', word);
      if (!line.awaits.variadic) line.awaits = undefined;
      continue;
    }
    line.awaits = undefined;
    if (line.onlyOperands || word === '-' || !word.startsWith('-')) {
      const named = line.operands.length === 0 ? findCommand(line.command, word) : undefined;
      if (named !== undefined) line.command = named;
      else if (line.command.commands.length > 0 && line.command.registeredArguments.length === 0)
        return undefined;
      else line.operands.push(word);
    } else if (word === '--') line.onlyOperands = true;
    else if (word.startsWith('--')) readLong(line, word);
    else readCluster(line, word.slice(1));
  }
  return line;
}

/** The argument that is being typed; a variadic one takes all words that follow. */
export function nextArgument({ command, operands }: TypedLine): Argument | undefined {
  const declared = command.registeredArguments;
  const last = declared.at(-1);
  return declared[operands.length] ?? (last?.variadic === true ? last : undefined);
}

export function findOption(command: Command, flag: string): Option | undefined {
  return command.options.find(({ long, short }) => long === flag || short === flag);
}

export function takesValue({ required, optional }: Option): boolean {
  return required || optional;
}

/** Whether a word cannot be a further value of a variadic option. */
export function endsValues({ awaits, values }: TypedLine, word: string): boolean {
  return awaits?.variadic === true && word.startsWith('-') && values.has(awaits.long ?? '');
}

function findCommand(parent: Command, word: string): Command | undefined {
  return parent.commands.find((one) => one.name() === word || one.aliases().includes(word));
}

function readLong(line: TypedLine, word: string): void {
  const at = word.indexOf('=');
  const option = findOption(line.command, at === -1 ? word : word.slice(0, at));
  if (option === undefined || !takesValue(option)) return;
  if (at === -1) line.awaits = option;
  else line.values.set(option.long ?? '', word.slice(at + 1));
}

/**
 * `-qm text`: among the flags in one word, the first that takes a value takes the rest of the word,
 * or else the next word.
 */
function readCluster(line: TypedLine, letters: string): void {
  for (const [index, letter] of letters.split('').entries()) {
    const option = findOption(line.command, `-${letter}`);
    if (option === undefined || !takesValue(option)) continue;
    if (index === letters.length - 1) line.awaits = option;
    else line.values.set(option.long ?? '', letters.slice(index + 1));
    return;
  }
}
