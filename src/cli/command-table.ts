import type { CommandModule } from './command-module.ts';

export interface CommandEntry {
  /** The name, then its aliases. */
  names: string[];
  load: () => Promise<CommandModule>;
}

/** In the order of the help. Only the command that runs is loaded. */
export const commandTable: CommandEntry[] = [
  { names: ['init'], load: () => import('./commands/init.ts') },
  { names: ['register'], load: () => import('./commands/register.ts') },
  { names: ['list', 'ls'], load: () => import('./commands/list.ts') },
  { names: ['show', 'info'], load: () => import('./commands/show.ts') },
  { names: ['promote'], load: () => import('./commands/promote.ts') },
  { names: ['rollback'], load: () => import('./commands/rollback.ts') },
  { names: ['demote'], load: () => import('./commands/demote.ts') },
  { names: ['history', 'log'], load: () => import('./commands/history.ts') },
  { names: ['bench'], load: () => import('./commands/bench.ts') },
  { names: ['pull'], load: () => import('./commands/pull.ts') },
  { names: ['verify', 'fsck'], load: () => import('./commands/verify.ts') },
  { names: ['tag'], load: () => import('./commands/tag.ts') },
  { names: ['describe'], load: () => import('./commands/describe.ts') },
  { names: ['yank'], load: () => import('./commands/yank.ts') },
  { names: ['unyank'], load: () => import('./commands/unyank.ts') },
  { names: ['delete'], load: () => import('./commands/delete.ts') },
  { names: ['stage'], load: () => import('./commands/stage.ts') },
];

/** Options of the program that take a value, which is therefore no command. */
const valued = new Set(['--registry', '--wait', '--actor']);

/** The first word that is no option: the command, if it is one. None where the program itself is asked for help. */
export function commandWord(argv: readonly string[]): string | undefined {
  for (let index = 0; index < argv.length; index += 1) {
    const word = argv[index] ?? '';
    if (word === '--help' || word === '-h') return undefined;
    if (valued.has(word)) index += 1;
    else if (!word.startsWith('-')) return word;
  }
  return undefined;
}
