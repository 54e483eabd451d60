import type { Command } from 'commander';
import { resolve } from 'node:path';
import { parseReference } from '../../../core/versions/reference.ts';
import type { Act } from '../../command-module.ts';
import { registryCodes, type CommandHelp } from '../../help/command-help.ts';
import { startProgress } from '../../output/progress.ts';
import { notTogether, parseOutputFolder } from '../../options/options.ts';

interface Options {
  output?: string;
  as?: string;
  force?: boolean;
  clean?: boolean;
}

export function define(parent: Command, act: Act): Command {
  return parent
    .command('pull')
    .argument('<ref>', 'version, for example digits@1.1.0 or digits@production (see mlreg help references)')
    .summary("copy a version's files to a folder")
    .description(
      'Copies the artifact to a folder. Every byte is verified; files that already have the right content are not rewritten.',
    )
    .option(
      '-o, --output <dir>',
      'target folder (default ./NAME-VERSION)',
      parseOutputFolder('-o', 'use a folder, or write an archive with mlreg export REF -o -'),
    )
    .option(
      '--as <template>',
      'name of the file, or of the folder for several files: {name} {version} {stage} {digest} {ext} or a metric',
    )
    .option('--force', 'replace files with different content')
    .option(
      '--clean',
      "leave only the version's files: replaces the whole folder, which must be empty or have only files that --clean wrote",
    )
    .action(
      act(async (session, text: string, { output, as: template, force, clean }: Options) => {
        const ref = parseReference(text);
        if (force === true && clean === true)
          throw notTogether(
            '--force',
            '--clean',
            'omit one of them: --clean replaces only the files that it wrote',
          );
        const [{ pull }, { pullView }] = await Promise.all([
          import('../../../api/verbs/exchange/pull.ts'),
          import('../../../render/exchange/pull-view.ts'),
        ]);
        const progress = startProgress(session, 'bytes');
        await session.withRegistry(async (registry) => {
          try {
            const directory = output === undefined ? {} : { directory: resolve(session.cwd, output) };
            const result = await pull(registry, {
              ref,
              ...directory,
              ...(template === undefined ? {} : { as: template }),
              force: force === true,
              clean: clean === true,
              onProgress: progress.update,
            });
            progress.stop();
            const { changed, warnings } = result;
            await session.output.show('pull', pullView, result, { changed, warnings });
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
      ['Copy the version in production to a folder:', 'mlreg pull digits@production -o digits-production'],
      [
        'Update a deployment that has only the files of the version:',
        'mlreg pull digits@production -o live --clean',
      ],
      ['Copy to ./digits-1.1.0:', 'mlreg pull digits@1.1.0'],
      [
        'Name the file by its metadata:',
        "mlreg pull digits@production -o models \\\n  --as '{name}_v{version}_acc{accuracy}_{stage}{ext}'",
      ],
    ],
    output: '--quiet prints the reference.',
    exitCodes: {
      0: 'copied, or already there ("changed": false)',
      2: 'wrong flags; with --clean: the folder has files that --clean did not write',
      3: 'no such registry or version',
      4: 'the folder has files with different content: see --force',
      ...registryCodes,
      6: "the version's bytes are missing or corrupt",
    },
    seeAlso: ['show', 'verify', 'references'],
  };
}
