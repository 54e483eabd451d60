import type { CommandModule } from './command-module.ts';

/** The sections of the program's help, in order. */
export const groups = ['Registry', 'Versions', 'Stages', 'Inspect', 'Run', 'Maintain'] as const;

export interface CommandEntry {
  /** The name, then its aliases. */
  names: string[];
  /** The section of the program's help that lists it. Default: the last one. */
  group?: (typeof groups)[number];
  /** The command never writes, and is part of the smaller bundle: see build/read-only.ts. */
  readOnly?: true;
  load: () => Promise<CommandModule>;
}

/** In the order of the help. Only the command that runs is loaded. */
export const commandTable: CommandEntry[] = [
  { names: ['init'], group: 'Registry', load: () => import('./commands/maintain/init.ts') },
  { names: ['register'], group: 'Versions', load: () => import('./commands/versions/register.ts') },
  {
    names: ['list', 'ls'],
    group: 'Inspect',
    readOnly: true,
    load: () => import('./commands/inspect/list.ts'),
  },
  {
    names: ['show', 'info'],
    group: 'Inspect',
    readOnly: true,
    load: () => import('./commands/inspect/show.ts'),
  },
  { names: ['compare', 'diff'], group: 'Inspect', load: () => import('./commands/inspect/compare.ts') },
  { names: ['trend'], group: 'Inspect', readOnly: true, load: () => import('./commands/inspect/trend.ts') },
  {
    names: ['lineage'],
    group: 'Inspect',
    readOnly: true,
    load: () => import('./commands/inspect/lineage.ts'),
  },
  { names: ['card'], group: 'Inspect', load: () => import('./commands/inspect/card.ts') },
  { names: ['attest'], group: 'Inspect', load: () => import('./commands/exchange/attest.ts') },
  { names: ['promote'], group: 'Stages', load: () => import('./commands/stages/promote.ts') },
  { names: ['rollback'], group: 'Stages', load: () => import('./commands/stages/rollback.ts') },
  { names: ['demote'], group: 'Stages', load: () => import('./commands/stages/demote.ts') },
  {
    names: ['history', 'log'],
    group: 'Inspect',
    readOnly: true,
    load: () => import('./commands/inspect/history.ts'),
  },
  { names: ['watch'], group: 'Stages', load: () => import('./commands/stages/watch.ts') },
  { names: ['monitor'], group: 'Stages', load: () => import('./commands/stages/monitor.ts') },
  { names: ['predict'], group: 'Run', load: () => import('./commands/run/predict.ts') },
  { names: ['bench'], group: 'Run', load: () => import('./commands/run/bench.ts') },
  { names: ['evaluate'], group: 'Run', load: () => import('./commands/run/evaluate.ts') },
  { names: ['feedback'], group: 'Run', load: () => import('./commands/run/feedback.ts') },
  { names: ['profile'], group: 'Run', load: () => import('./commands/run/profile.ts') },
  { names: ['drift'], group: 'Run', load: () => import('./commands/run/drift.ts') },
  { names: ['test'], group: 'Run', load: () => import('./commands/run/test.ts') },
  { names: ['serve'], group: 'Run', load: () => import('./commands/run/serve.ts') },
  { names: ['golden'], group: 'Versions', load: () => import('./commands/versions/golden.ts') },
  { names: ['pull'], group: 'Versions', load: () => import('./commands/exchange/pull.ts') },
  { names: ['export'], group: 'Versions', load: () => import('./commands/exchange/export.ts') },
  { names: ['import'], group: 'Versions', load: () => import('./commands/exchange/import.ts') },
  { names: ['verify', 'fsck'], group: 'Maintain', load: () => import('./commands/maintain/verify.ts') },
  { names: ['gc'], group: 'Maintain', load: () => import('./commands/maintain/gc.ts') },
  { names: ['backup'], group: 'Maintain', load: () => import('./commands/maintain/backup.ts') },
  { names: ['tag'], group: 'Versions', load: () => import('./commands/versions/tag.ts') },
  { names: ['describe'], group: 'Versions', load: () => import('./commands/versions/describe.ts') },
  { names: ['yank'], group: 'Versions', load: () => import('./commands/versions/yank.ts') },
  { names: ['unyank'], group: 'Versions', load: () => import('./commands/versions/unyank.ts') },
  { names: ['delete'], group: 'Versions', load: () => import('./commands/versions/delete.ts') },
  { names: ['stage'], group: 'Stages', load: () => import('./commands/stages/stage.ts') },
  { names: ['policy'], group: 'Stages', load: () => import('./commands/stages/policy.ts') },
  { names: ['approve'], group: 'Stages', load: () => import('./commands/stages/approve.ts') },
  { names: ['schema'], group: 'Registry', load: () => import('./commands/maintain/schema.ts') },
  { names: ['doctor'], group: 'Maintain', load: () => import('./commands/maintain/doctor.ts') },
  { names: ['version'], group: 'Maintain', load: () => import('./commands/maintain/version.ts') },
  { names: ['completion'], group: 'Maintain', load: () => import('./commands/maintain/completion.ts') },
];

/** Program options that take a value: the word after one is not the command. */
export const valuedOptions: readonly string[] = ['--registry', '--format', '--wait', '--actor'];

/**
 * The first word that is not an option: the command, if it is one. Undefined if the program itself
 * is asked for help.
 */
export function commandWord(argv: readonly string[]): string | undefined {
  for (let index = 0; index < argv.length; index += 1) {
    const word = argv[index] ?? '';
    if (word === '--help' || word === '-h') return undefined;
    if (valuedOptions.includes(word)) index += 1;
    else if (!word.startsWith('-')) return word;
  }
  return undefined;
}
