import type { Command } from 'commander';
import { resolve } from 'node:path';
import type { Act } from '../../command-module.ts';
import { registryCodes, type CommandHelp } from '../../help/command-help.ts';
import { parseOutputFolder } from '../../options/options.ts';
import { startProgress } from '../../output/progress.ts';

export function define(parent: Command, act: Act): Command {
  return parent
    .command('backup')
    .argument('<dir>', 'target folder: empty or new')
    .summary('copy the registry to a folder')
    .description(
      'Takes a consistent copy of the registry, also while it is in use, and verifies every byte of the copy. The copy is a registry with the ' +
        'same id: use it with --registry DIR, or move it to the original place. The folder appears only when the copy is complete; a failed ' +
        'backup leaves nothing.',
    )
    .action(
      act(async (session, text: string) => {
        const directory = resolve(
          session.cwd,
          parseOutputFolder('DIR', 'use a folder, or write an archive of versions with mlreg export')(text),
        );
        const [{ backup }, { backupView }] = await Promise.all([
          import('../../../api/verbs/maintain/backup.ts'),
          import('../../../render/maintain/backup-view.ts'),
        ]);
        const progress = startProgress(session, 'bytes');
        await session.withRegistry(async (registry) => {
          try {
            const result = await backup(registry, {
              directory,
              onProgress: progress.update,
            });
            progress.stop();
            await session.output.show('backup', backupView, result, { changed: true });
          } finally {
            progress.stop();
          }
        });
      }),
    );
}

export function help(): CommandHelp {
  return {
    examples: [['To a separate folder, best on another disk:', 'mlreg backup backups/2026-03-01']],
    output: '--quiet prints the folder.',
    exitCodes: {
      2: 'the target is a file, or is inside the registry',
      3: 'no such registry',
      4: 'the folder is not empty',
      ...registryCodes,
      6: 'the registry is damaged, so no copy was kept: see mlreg verify',
      7: 'a gc or another backup ran for longer than --wait; safe to retry',
    },
    seeAlso: ['verify', 'gc', 'history'],
  };
}
