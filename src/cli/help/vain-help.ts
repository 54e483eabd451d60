import type { Command } from 'commander';
import { readWords } from '../completion/read-words.ts';

/**
 * `lsit` of `lsit --help`: the words before a request for help on an unknown command. commander
 * would answer it with the page of the parent command and exit code 0; given only these words, it
 * reports what is wrong with them. Undefined if the command exists.
 */
export function vainHelp(program: Command, argv: readonly string[]): string[] | undefined {
  const at = argv.findIndex((word) => word === '--help' || word === '-h');
  const words = argv.slice(0, at === -1 ? argv.length : at);
  return at === -1 || readWords(program, words) !== undefined ? undefined : words;
}
