import type { Command } from 'commander';
import { parseExplicitReference } from '../../core/reference.ts';
import { parseStageName } from '../../core/stage.ts';
import type { Act } from '../command-module.ts';
import { registryCodes, type CommandHelp } from '../help/command-help.ts';
import { parseExpect } from '../options.ts';

interface Options {
  to: string;
  expect?: string;
  dryRun?: boolean;
  message?: string;
}

export function define(parent: Command, act: Act): Command {
  return parent
    .command('promote')
    .argument('<ref>', 'the version, with a selector: digits@1.1.0, digits@staging … (mlreg help references)')
    .summary('point a stage at a version')
    .description(
      'Points a stage at a version, after verifying its bytes. Promoting the holder again changes nothing.',
    )
    .requiredOption('--to <stage>', 'the stage, such as production')
    .option('--expect <version>', 'only if this version holds the stage now; "none": only if nobody does')
    .option('--dry-run', 'check, and say what would happen')
    .option('-m, --message <text>', 'why, for the history')
    .action(
      act(async (session, text: string, { to, expect, dryRun, message }: Options) => {
        const ref = parseExplicitReference(text);
        const stage = parseStageName(to);
        const expected = expect === undefined ? {} : { expect: parseExpect(expect) };
        const [{ promote }, { moveView }] = await Promise.all([
          import('../../registry/promote.ts'),
          import('../../render/move-view.ts'),
        ]);
        await session.withRegistry(async (registry) => {
          const result = await promote(registry, {
            ref,
            stage,
            ...expected,
            dryRun: dryRun === true,
            ...(message === undefined ? {} : { message }),
          });
          await session.output.show('promote', moveView('promote'), result, {
            changed: result.changed,
            warnings: result.warnings,
          });
        });
      }),
    );
}

export function help(): CommandHelp {
  return {
    examples: [
      ['Put a version into production:', 'mlreg promote digits@1.1.0 --to production'],
      [
        'Only if nobody else moved it meanwhile:',
        'mlreg promote digits@1.1.0 --to production --expect 1.0.1 -m "better on the new data"',
      ],
      ['Would it work? Nothing is changed:', 'mlreg promote digits@1.1.0 --to production --dry-run'],
    ],
    output:
      'JSON: name, stage, from (null: nothing), to, generation, changed, event. --quiet prints the reference.',
    exitCodes: {
      0: 'the stage points at the version now, or did already ("changed": false)',
      3: 'no such registry, version or stage',
      4: '--expect did not hold, or the version is yanked',
      ...registryCodes,
      6: 'bytes of the version are missing or changed: nothing was promoted',
    },
    seeAlso: ['rollback', 'demote', 'history', 'references'],
  };
}
