import type { Command } from 'commander';
import { resolve } from 'node:path';
import type { Act } from '../command-module.ts';
import { registryCodes, type CommandHelp } from '../help/command-help.ts';
import { namedPath } from '../options.ts';
import { startProgress } from '../progress.ts';

export function define(parent: Command, act: Act): Command {
  return parent
    .command('import')
    .argument('<path>', 'the .tar or the folder that mlreg export wrote', (path) => namedPath('PATH', path))
    .summary('bring versions of another registry in')
    .description(
      'Brings in all versions of an export, or none: under their own names and numbers, with their digests, metadata, golden sets, tags, ' +
        'yanks, and the history they had. A version that is here already stays as it is. Stages are not imported: where they point is ' +
        'decided by promotions in this registry.',
    )
    .option('-m, --message <text>', 'why, for the history')
    .action(
      act(async (session, path: string, { message }: { message?: string }) => {
        const [{ importVersions }, { importView }] = await Promise.all([
          import('../../registry/import.ts'),
          import('../../render/import-view.ts'),
        ]);
        const progress = startProgress(session.stderr(), session.options.json !== true, 'bytes');
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
      ['What another registry exported:', 'mlreg import digits.tar'],
      ['A folder, with the reason:', 'mlreg import digits-layout -m "from the training cluster"'],
    ],
    output:
      'JSON: versions[] {ref, name, version, digest, changed, registry (the id of the one that exported it)}, changed. --quiet prints the references.',
    exitCodes: {
      0: 'imported, or all of it was here already ("changed": false)',
      2: 'no export, one that is cut off, or one that no registry wrote so: nothing was imported',
      3: 'no such registry or file',
      4: 'a number belongs to another version here: nothing was imported',
      ...registryCodes,
      6: 'bytes of the export are missing or changed: nothing was imported',
    },
    seeAlso: ['export', 'register', 'history', 'verify'],
  };
}
