import type { Command } from 'commander';
import { MlregError } from '../../core/errors.ts';
import { parseReference } from '../../core/reference.ts';
import type { Act } from '../command-module.ts';
import { registryCodes, type CommandHelp } from '../help/command-help.ts';

export function define(parent: Command, act: Act): Command {
  return parent
    .command('verify')
    .argument('[ref]', 'only this version (mlreg help references)')
    .summary('check that nothing is lost or changed')
    .description(
      'Reads every stored byte and every row and compares them with what was recorded: the registry, or one version. Changes nothing.',
    )
    .action(
      act(async (session, text: string | undefined) => {
        const ref = text === undefined ? {} : { ref: parseReference(text) };
        const [{ verify }, { verifyView }] = await Promise.all([
          import('../../registry/verify.ts'),
          import('../../render/verify-view.ts'),
        ]);
        await session.withRegistry(async (registry) => {
          const result = await verify(registry, ref);
          await session.output.show('verify', verifyView, result, { changed: false });
          if (result.ok) return;
          const [first, ...others] = result.problems;
          session.fail(
            new MlregError(
              'INTEGRITY',
              `${first?.subject}: ${first?.problem}${others.length > 0 ? ` (and ${others.length === 1 ? '1 more problem' : `${others.length} more problems`})` : ''}`,
              {
                hint: 'registering the same file with the same metadata again repairs a blob; damaged rows come back from a backup of mlreg.db',
                details: { problems: result.problems.length },
              },
            ),
          );
        });
      }),
    );
}

export function help(): CommandHelp {
  return {
    examples: [
      ['The whole registry:', 'mlreg verify'],
      ['One version:', 'mlreg verify digits@production'],
    ],
    output:
      'JSON: ok, checked {events, blobs, bytes}, problems[] {subject, problem}. --quiet prints the subjects of problems.',
    exitCodes: {
      0: 'whole',
      3: 'no such registry or version',
      ...registryCodes,
      6: 'bytes or rows are missing or not what was recorded',
    },
    seeAlso: ['doctor', 'history', 'register'],
  };
}
