import type { Command } from 'commander';
import { parseDuration } from '../../../core/text/units.ts';
import type { Act } from '../../command-module.ts';
import { registryCodes, type CommandHelp } from '../../help/command-help.ts';
import { startProgress } from '../../output/progress.ts';

const defaultOlderThanMs = 24 * 3600e3;

interface Options {
  yes?: boolean;
  purge?: boolean;
  olderThan?: number;
}

export function define(parent: Command, act: Act): Command {
  return parent
    .command('gc')
    .summary('remove unused files')
    .description(
      'Moves stored files that no version needs, including those of deleted versions, to trash/, and removes leftovers of killed processes from tmp/. ' +
        'Without --yes it is a dry run. Files stay in trash/ for 7 days; the next gc after that deletes them permanently, as it does kept predictions whose time is over. Other commands can run ' +
        'at the same time. Damaged files, and files not created by mlreg, are never removed. On a full disk, leftovers are removed first.',
    )
    .option('--yes', 'remove the files; without --yes nothing is changed')
    .option(
      '--older-than <duration>',
      'only files unused for this long (default 24h; 0s: all unused files)',
      parseDuration,
    )
    .option('--purge', 'also delete everything in trash/ now')
    .action(
      act(async (session, { yes, purge, olderThan }: Options) => {
        const [{ collectGarbage }, { gcView }] = await Promise.all([
          import('../../../api/verbs/maintain/gc.ts'),
          import('../../../render/maintain/gc-view.ts'),
        ]);
        const progress = startProgress(session, 'bytes');
        await session.withRegistry(async (registry) => {
          try {
            const result = await collectGarbage(registry, {
              olderThanMs: olderThan ?? defaultOlderThanMs,
              yes: yes === true,
              purge: purge === true,
              onProgress: progress.update,
            });
            progress.stop();
            const { changed, warnings } = result;
            await session.output.show('gc', gcView, result, { changed, warnings });
          } finally {
            progress.stop();
          }
        });
      }),
    );
}

export function help(): CommandHelp {
  return {
    examples: [
      ['Show what would be removed:', 'mlreg gc'],
      ['Remove it:', 'mlreg gc --yes'],
      ['Delete all unused files now, permanently:', 'mlreg gc --purge --yes'],
      ['Remove unused files however recent:', 'mlreg gc --yes --older-than 0s'],
    ],
    output: '--quiet prints the digests of the blobs.',
    exitCodes: {
      0: 'done, or nothing to do',
      3: 'no such registry',
      ...registryCodes,
      6: 'the registry is damaged, and nothing was removed: see mlreg verify',
      7: 'another gc or backup ran for longer than --wait; safe to retry',
    },
    seeAlso: ['delete', 'verify', 'doctor'],
  };
}
