import type { Command } from 'commander';
import { parseReference } from '../../../core/versions/reference.ts';
import type { Act } from '../../command-module.ts';
import { registryCodes, type CommandHelp } from '../../help/command-help.ts';

export function define(parent: Command, act: Act): Command {
  return parent
    .command('lineage')
    .argument('<ref>', 'version, for example digits@1.1.0 or digits@production (see mlreg help references)')
    .summary('show the ancestors and descendants of a version')
    .description(
      'Follows parents (register --parent) in both directions: the versions this one is derived from, and the versions derived ' +
        'from it. Yanked and deleted versions are marked.',
    )
    .action(
      act(async (session, text: string) => {
        const ref = parseReference(text);
        const [{ lineage }, { lineageView }] = await Promise.all([
          import('../../../api/verbs/inspect/lineage.ts'),
          import('../../../render/inspect/lineage-view.ts'),
        ]);
        await session.withRegistry(async (registry) =>
          session.output.show('lineage', lineageView, await lineage(registry, ref)),
        );
      }),
    );
}

export function help(): CommandHelp {
  return {
    examples: [['Lineage of the version in production:', 'mlreg lineage digits@production']],
    output: '--quiet prints the references of the relatives.',
    exitCodes: { 3: 'no such registry or version', ...registryCodes },
    seeAlso: ['show', 'register', 'card'],
  };
}
