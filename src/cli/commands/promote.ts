import type { Command } from 'commander';
import { parseExplicitReference } from '../../core/reference.ts';
import { parseStageName } from '../../core/stage.ts';
import type { Act } from '../command-module.ts';
import { parseExpect } from '../options.ts';

interface Options {
  to: string;
  expect?: string;
  dryRun?: boolean;
  message?: string;
}

export function define(parent: Command, act: Act): Command {
  return parent
    .command('promote <ref>')
    .summary('point a stage at a version')
    .description(
      'Points a stage at a version, after verifying its bytes. Promoting the holder again changes nothing.',
    )
    .requiredOption('--to <stage>', 'the stage, such as production')
    .option('--expect <version>', 'only if this version holds the stage now; "none": only if nobody does')
    .option('--dry-run', 'check, and say what would happen')
    .option('-m, --message <text>', 'why, for the history')
    .addHelpText(
      'after',
      '\nExample:\n  mlreg promote digits@1.1.0 --to production --expect 1.0.0 -m "better on the new data"\n',
    )
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
