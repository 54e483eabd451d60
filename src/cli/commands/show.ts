import type { Command } from 'commander';
import { parseReference } from '../../core/reference.ts';
import type { Act } from '../command-module.ts';

export function define(parent: Command, act: Act): Command {
  return parent
    .command('show <ref>')
    .summary('show all that is known about a version')
    .description(
      'Shows all that is known about a version: signature, metrics, stages, data, source, benches.',
    )
    .option('--files', 'list the files of the artifact')
    .option('--metadata', 'print the metadata as it was given, as JSON')
    .addHelpText('after', '\nExample:\n  mlreg show digits@production --json\n')
    .action(
      act(async (session, text: string, options: { files?: boolean; metadata?: boolean }) => {
        const ref = parseReference(text);
        const [{ show }, { showView }] = await Promise.all([
          import('../../registry/show.ts'),
          import('../../render/show-view.ts'),
        ]);
        await session.withRegistry(async (registry) => {
          await session.output.show(
            'show',
            showView({ files: options.files === true, metadata: options.metadata === true }),
            await show(registry, ref),
          );
        });
      }),
    );
}
