import type { Command } from 'commander';
import { resolve } from 'node:path';
import type { Act } from '../command-module.ts';
import { registryCodes, type CommandHelp } from '../help/command-help.ts';
import { parseOutputFolder } from '../options.ts';
import { startProgress } from '../progress.ts';

export function define(parent: Command, act: Act): Command {
  return parent
    .command('backup')
    .argument('<dir>', 'where the copy is to be: a folder that is empty or not there yet')
    .summary('copy the registry into a folder, as it is now')
    .description(
      'Copies the registry, as it is at one moment, while others use it, and reads every byte of the copy again. The copy is a registry with the ' +
        'same id: use it in its place with --registry DIR, or move it to where the registry was. It gets its name when it is whole; if anything ' +
        'fails, none is left.',
    )
    .action(
      act(async (session, text: string) => {
        const directory = resolve(
          session.cwd,
          parseOutputFolder('DIR', 'name a folder, or write an archive of versions: mlreg export')(text),
        );
        const [{ draftsLike, openRegistry }, { backup }, { backupView }] = await Promise.all([
          import('../../open-registry.ts'),
          import('../../registry/backup.ts'),
          import('../../render/backup-view.ts'),
        ]);
        const progress = startProgress(session.stderr(), session.options.json !== true, 'bytes');
        await session.withRegistry(async (registry) => {
          try {
            const result = await backup(registry, {
              directory,
              draftHome: draftsLike(registry.home),
              // Nobody else knows of the copy yet, wherever it lies.
              openRegistry: (home) =>
                openRegistry(home, Object.assign(session.openOptions(), { allowNetworkFs: true })),
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
    examples: [['Into a folder of its own, best on another disk:', 'mlreg backup backups/2026-03-01']],
    output:
      'JSON: directory, checked {events, blobs, bytes}, checkpoint {registry, seq, hash} (the last event in the copy), changed. --quiet prints the folder.',
    exitCodes: {
      2: 'the folder is a file, or lies in the registry',
      3: 'no such registry',
      4: 'there is something in the folder already',
      ...registryCodes,
      6: 'the registry is damaged, so no copy was kept: see mlreg verify',
      7: 'a gc or another backup ran for longer than --wait; safe to run again',
    },
    seeAlso: ['verify', 'gc', 'history'],
  };
}
