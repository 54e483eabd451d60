import type { Command } from 'commander';
import { parseReference } from '../../core/reference.ts';
import type { Act } from '../command-module.ts';
import { registryCodes, type CommandHelp } from '../help/command-help.ts';

export function define(parent: Command, act: Act): Command {
  return parent
    .command('lineage')
    .argument('<ref>', 'the version: digits@1.1.0, digits@production … (mlreg help references)')
    .summary('show what a version was made from, and what was made of it')
    .description(
      'Follows the parents that registrations named (register --parent), in both directions: from which versions this one was made, and which were ' +
        'made from it. Yanked and deleted ones are marked.',
    )
    .action(
      act(async (session, text: string) => {
        const ref = parseReference(text);
        const [{ lineage }, { lineageView }] = await Promise.all([
          import('../../registry/lineage.ts'),
          import('../../render/lineage-view.ts'),
        ]);
        await session.withRegistry(async (registry) =>
          session.output.show('lineage', lineageView, await lineage(registry, ref)),
        );
      }),
    );
}

export function help(): CommandHelp {
  return {
    examples: [['Where what is in production comes from:', 'mlreg lineage digits@production']],
    output:
      'JSON: ref, stages, parents[] and children[] {ref, status, stages, relatives[], repeated}, cut. --quiet prints the references of the relatives.',
    exitCodes: { 3: 'no such registry or version', ...registryCodes },
    seeAlso: ['show', 'register', 'card'],
  };
}
