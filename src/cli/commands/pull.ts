import type { Command } from 'commander';
import { resolve } from 'node:path';
import { MlregError } from '../../core/errors.ts';
import { parseReference } from '../../core/reference.ts';
import type { Act } from '../command-module.ts';
import { registryCodes, type CommandHelp } from '../help/command-help.ts';
import { startProgress } from '../progress.ts';
import { parseOutputFolder } from '../options.ts';

interface Options {
  output?: string;
  as?: string;
  force?: boolean;
  clean?: boolean;
}

export function define(parent: Command, act: Act): Command {
  return parent
    .command('pull')
    .argument('<ref>', 'the version: digits@1.1.0, digits@production … (mlreg help references)')
    .summary('copy a version out, verified')
    .description(
      'Copies the artifact out of the registry. Every byte is verified, and files that have the right bytes are left alone.',
    )
    .option(
      '-o, --output <dir>',
      'the folder (default ./NAME-VERSION)',
      parseOutputFolder('-o', 'name a folder, or write an archive: mlreg export REF -o -'),
    )
    .option(
      '--as <template>',
      'what the file is called, or the folder of several: {name} {version} {stage} {digest} {ext} and metrics',
    )
    .option('--force', 'replace files that have other content')
    .option(
      '--clean',
      'leave exactly the version: the folder is replaced as a whole, if it is empty or holds only what --clean wrote',
    )
    .action(
      act(async (session, text: string, { output, as: template, force, clean }: Options) => {
        const ref = parseReference(text);
        if (force === true && clean === true)
          throw new MlregError('USAGE', '--force and --clean exclude each other', {
            hint: '--clean replaces the files that it wrote, and no others',
          });
        const [{ pull }, { pullView }] = await Promise.all([
          import('../../registry/pull.ts'),
          import('../../render/pull-view.ts'),
        ]);
        const progress = startProgress(session.stderr(), session.options.json !== true, 'bytes');
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
      ['What is in production, into a folder:', 'mlreg pull digits@production -o digits-production'],
      [
        'A deployment that holds the version and nothing else:',
        'mlreg pull digits@production -o live --clean',
      ],
      ['Into ./digits-1.1.0:', 'mlreg pull digits@1.1.0'],
      [
        'A file named for what it is:',
        "mlreg pull digits@production -o models \\\n  --as '{name}_v{version}_acc{accuracy}_{stage}{ext}'",
      ],
    ],
    output: 'JSON: ref, digest, directory, files[], changed. --quiet prints the reference.',
    exitCodes: {
      0: 'copied, or there already ("changed": false)',
      2: 'wrong flags; with --clean: the folder has files that --clean did not write',
      3: 'no such registry or version',
      4: 'the folder has files with other content: see --force',
      ...registryCodes,
      6: 'bytes of the version are missing or changed',
    },
    seeAlso: ['show', 'verify', 'references'],
  };
}
