import type { Command } from 'commander';
import { MlregError } from '../../core/errors.ts';
import { parseModelName } from '../../core/model-name.ts';
import { parseStageName } from '../../core/stage.ts';
import { parseVersion } from '../../core/version.ts';
import type { Act } from '../command-module.ts';
import { registryCodes, type CommandHelp } from '../help/command-help.ts';
import { parseCount, parseExpect } from '../options.ts';

interface Options {
  stage: string;
  toVersion?: string;
  steps?: number;
  expect?: string;
  yank?: boolean;
  message?: string;
}

export function define(parent: Command, act: Act): Command {
  return parent
    .command('rollback')
    .argument('<name>', 'the model')
    .summary('return a stage to the version before')
    .description(
      'Returns a stage to the version that held it before, after verifying its bytes. Yanked versions are passed over.',
    )
    .option('--stage <stage>', 'the stage', 'production')
    .option('--steps <n>', 'how many rollbacks in one', parseCount('--steps', 1, 100_000))
    .option('--to-version <version>', 'back to this version, which must have held the stage before')
    .option('--expect <version>', 'only if this version holds the stage now')
    .option('--yank', 'also mark the version that goes out as unfit')
    .option('-m, --message <text>', 'why, for the history')
    .action(
      act(async (session, text: string, options: Options) => {
        const { toVersion, steps, expect, yank, message } = options;
        const name = parseModelName(text);
        const stage = parseStageName(options.stage);
        if (toVersion !== undefined && steps !== undefined) {
          throw new MlregError('USAGE', '--steps and --to-version exclude each other', {
            hint: 'give one of them',
          });
        }
        const back = toVersion === undefined ? { steps: steps ?? 1 } : { toVersion: parseVersion(toVersion) };
        const [{ rollback }, { moveView }] = await Promise.all([
          import('../../registry/rollback.ts'),
          import('../../render/move-view.ts'),
        ]);
        await session.withRegistry(async (registry) => {
          const result = await rollback(registry, {
            name,
            stage,
            back,
            ...(expect === undefined ? {} : { expect: parseExpect(expect) }),
            ...(yank === true ? { yank: message ?? `rolled back from ${stage}` } : {}),
            ...(message === undefined ? {} : { message }),
          });
          await session.output.show('rollback', moveView('rollback'), result, {
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
      ['Back to what was in production before:', 'mlreg rollback digits'],
      [
        'And keep everyone from promoting it again:',
        'mlreg rollback digits --yank -m "wrong labels in training data"',
      ],
      ['Back to one version that was there before:', 'mlreg rollback digits --to-version 1.0.0'],
    ],
    output:
      'JSON: name, stage, from, to, generation, changed, event, yanked (with --yank). --quiet prints the reference.',
    exitCodes: {
      3: 'no such registry, model or stage',
      4: 'nothing earlier to return to, or --expect did not hold',
      ...registryCodes,
      6: 'bytes of the earlier version are missing or changed: the stage stays',
    },
    seeAlso: ['promote', 'yank', 'history'],
  };
}
