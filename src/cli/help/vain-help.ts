import type { Command } from 'commander';
import { readWords } from '../completion/read-words.ts';

/**
 * `lsit` of `lsit --help`: the words before a request for the help of a command that there is not.
 * commander answers such a request with the page of the command above and exit code 0; of the words
 * alone it says what is wrong with them. Undefined: the request can be met.
 */
export function vainHelp(program: Command, argv: readonly string[]): string[] | undefined {
  const at = argv.findIndex((word) => word === '--help' || word === '-h');
  const words = argv.slice(0, at === -1 ? argv.length : at);
  return at === -1 || readWords(program, words) !== undefined ? undefined : words;
}
