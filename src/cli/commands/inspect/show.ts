import type { Command } from 'commander';
import { parseReference } from '../../../core/versions/reference.ts';
import type { Act } from '../../command-module.ts';
import { registryCodes, type CommandHelp } from '../../help/command-help.ts';
import { notTogether } from '../../options/options.ts';

export function define(parent: Command, act: Act): Command {
  return parent
    .command('show')
    .argument('<ref>', 'version, for example digits@1.1.0 or digits@production (see mlreg help references)')
    .summary('show a version')
    .description(
      'Shows a version: signature, metrics (on a terminal compared with the previous version), stages, data, source, latency.',
    )
    .option('--files', 'list the files of the artifact')
    .option('--metadata', 'print the original metadata as JSON')
    .action(
      act(async (session, text: string, options: { files?: boolean; metadata?: boolean }) => {
        const ref = parseReference(text);
        const given = { ...options, quiet: session.asked === 'quiet' };
        // JSON is always complete.
        const [one, another] = (['files', 'metadata', 'quiet'] as const).filter(
          (each) => given[each] === true && session.asked !== 'json',
        );
        if (one !== undefined && another !== undefined) throw notTogether(`--${one}`, `--${another}`);
        const [{ lookAround, show }, { showView }] = await Promise.all([
          import('../../../api/verbs/inspect/show.ts'),
          import('../../../render/inspect/show-view.ts'),
        ]);
        await session.withRegistry(async (registry) => {
          await session.output.show(
            'show',
            showView({ files: options.files === true, metadata: options.metadata === true }, (result) =>
              lookAround(registry, result),
            ),
            await show(registry, ref),
          );
        });
      }),
    );
}

export function help(): CommandHelp {
  return {
    examples: [
      ['The version in production:', 'mlreg show digits@production'],
      ['A version as JSON, for a script:', 'mlreg show digits@1.1.0 --json'],
    ],
    output: 'JSON is always complete. --quiet prints the reference.',
    exitCodes: { 3: 'no such registry, model or version, or the stage is empty', ...registryCodes },
    seeAlso: ['list', 'compare', 'history', 'pull', 'references'],
  };
}
