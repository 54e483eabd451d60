import type { Command } from 'commander';
import { resolve } from 'node:path';
import { parseReference } from '../../core/reference.ts';
import type { Act } from '../command-module.ts';
import { startProgress } from '../progress.ts';
import { parseFolder } from '../options.ts';

interface Options {
  output?: string;
  force?: boolean;
}

export function define(parent: Command, act: Act): Command {
  return parent
    .command('pull <ref>')
    .summary('copy a version out, verified')
    .description(
      'Copies the artifact out of the registry. Every byte is verified, and files that have the right bytes are left alone.',
    )
    .option('-o, --output <dir>', 'the folder (default ./NAME-VERSION)', parseFolder('--output'))
    .option('--force', 'replace files that have other content')
    .addHelpText('after', '\nExample:\n  mlreg pull digits@production -o /srv/digits\n')
    .action(
      act(async (session, text: string, { output, force }: Options) => {
        const ref = parseReference(text);
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
              force: force === true,
              onProgress: progress.update,
            });
            progress.stop();
            await session.output.show('pull', pullView, result, { changed: result.changed });
          } finally {
            progress.stop();
          }
        });
      }),
    );
}
