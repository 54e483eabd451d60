import type { Command } from 'commander';
import { resolve } from 'node:path';
import type { Act } from '../command-module.ts';
import { registryCodes, type CommandHelp } from '../help/command-help.ts';
import { namedPath } from '../options.ts';
import { startProgress } from '../progress.ts';

export function define(parent: Command, act: Act): Command {
  return parent
    .command('import')
    .argument('<path>', '.tar file or folder written by mlreg export', (path) => namedPath('PATH', path))
    .summary('import versions from another registry')
    .description(
      'Imports all versions of an export, or none, with their names, numbers, digests, metadata, golden sets, tags, ' +
        'yanks and history. Existing versions are not changed. Stages are not imported: promote the versions in this registry.',
    )
    .option('-m, --message <text>', 'reason, recorded in the history')
    .action(
      act(async (session, path: string, { message }: { message?: string }) => {
        const [{ importVersions }, { importView }] = await Promise.all([
          import('../../api/verbs/import.ts'),
          import('../../render/exchange/import-view.ts'),
        ]);
        const progress = startProgress(session, 'bytes');
        await session.withRegistry(async (registry) => {
          try {
            const result = await importVersions(registry, {
              path: resolve(session.cwd, path),
              ...(message === undefined ? {} : { message }),
              onProgress: progress.update,
            });
            progress.stop();
            const { changed, warnings } = result;
            await session.output.show('import', importView, result, { changed, warnings });
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
      ['Import a file:', 'mlreg import digits.tar'],
      ['Import a folder, with a reason:', 'mlreg import digits-layout -m "from the training cluster"'],
    ],
    output: '--quiet prints the references.',
    exitCodes: {
      0: 'imported, or all versions already exist ("changed": false)',
      2: 'not an export, or truncated or invalid: nothing was imported',
      3: 'no such registry or file',
      4: 'a version number is already used by another version: nothing was imported',
      ...registryCodes,
      6: 'bytes of the export are missing or corrupt: nothing was imported',
    },
    seeAlso: ['export', 'register', 'history', 'verify', 'other-tools'],
  };
}
