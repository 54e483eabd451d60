import type { Command } from 'commander';
import { MlregError } from '../../core/errors.ts';
import { parseMetricValue } from '../../core/metadata-words.ts';
import { parseExplicitReference } from '../../core/reference.ts';
import type { Act } from '../command-module.ts';
import { registryCodes, type CommandHelp } from '../help/command-help.ts';
import { collectPair, type Pair } from '../options.ts';
import { readDescription, warnOfAtSign } from '../read-description.ts';
import { pairsToRecord } from '../read-metadata.ts';

interface Options {
  metric?: Pair[];
  clear?: boolean;
  force?: boolean;
  descriptionFile?: string;
  message?: string;
}

export function define(parent: Command, act: Act): Command {
  return parent
    .command('describe')
    .argument('<ref>', 'the version')
    .argument('[text]', 'the description')
    .summary('say what a version is, or add metrics to it')
    .description(
      'Gives a version another description, or metrics that were measured after its registration. What stood there before stays in the history. ' +
        'A metric that was given at registration is replaced only with --force and a reason; gates, show and the card then say by whom. ' +
        'Approvals that were given before a metric changed no longer count.',
    )
    .option('--metric <name=number>', 'a metric; repeatable', collectPair('--metric'))
    .option('--description-file <file>', 'the file that holds the description')
    .option('--clear', 'remove the description')
    .option('--force', 'with -m: replace metrics that were given at registration, too')
    .option('-m, --message <text>', 'why, for the history')
    .action(
      act(async (session, text: string, typed: string | undefined, options: Options) => {
        const { metric, message, clear, force } = options;
        const given = { description: typed, descriptionFile: options.descriptionFile };
        const description = await readDescription(given, session.cwd);
        if (description?.trim() === '') {
          throw new MlregError('USAGE', 'the description is empty', {
            hint: 'remove it with --clear (or is a shell variable unset?)',
          });
        }
        if (clear === true && description !== undefined) {
          throw new MlregError('USAGE', 'a description and --clear exclude each other', {
            hint: 'give one of them',
          });
        }
        const ref = parseExplicitReference(text);
        const metrics =
          metric && pairsToRecord(metric, (value, key) => parseMetricValue(value, `--metric ${key}`));
        const amendment = {
          ...(clear === true ? { description: '' } : {}),
          ...(description === undefined ? {} : { description }),
          ...(metrics === undefined ? {} : { metrics }),
        };
        const [{ describe }, { describeView }] = await Promise.all([
          import('../../registry/describe.ts'),
          import('../../render/describe-view.ts'),
        ]);
        await session.withRegistry(async (registry) => {
          const input = { ref, amendment, force, ...(message === undefined ? {} : { message }) };
          const result = await describe(registry, input);
          await session.output.show('describe', describeView, result, {
            changed: result.changed,
            warnings: await warnOfAtSign(given, session.cwd),
          });
        });
      }),
    );
}

export function help(): CommandHelp {
  return {
    examples: [
      ['Another description:', 'mlreg describe digits@1.1.0 "the wide network, for the server"'],
      ['From a file:', 'mlreg describe digits@1.1.0 --description-file about.md'],
      ['A metric that was measured later:', 'mlreg describe digits@production --metric live_accuracy=0.961'],
      [
        'A metric that was registered wrong:',
        'mlreg describe digits@1.0.0 --metric accuracy=0.97 --force -m "measured on the wrong split"',
      ],
    ],
    output: 'JSON: ref, name, version, changed, metadata (as it is now). --quiet prints the reference.',
    exitCodes: {
      0: 'done, or already so',
      3: 'no such registry, model, version or file',
      4: 'a metric was given at registration: see --force',
      ...registryCodes,
    },
    seeAlso: ['tag', 'show', 'history', 'metadata'],
  };
}
