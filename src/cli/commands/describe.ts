import type { Command } from 'commander';
import { MlregError } from '../../core/errors.ts';
import { parseExplicitReference } from '../../core/versions/reference.ts';
import type { Act } from '../command-module.ts';
import { registryCodes, type CommandHelp } from '../help/command-help.ts';
import { collectPair, metricsFileOption, notTogether } from '../options.ts';
import { readDescription, warnOfAtSign } from '../read-description.ts';
import { readMetrics, type MetricFlags } from '../read-metrics.ts';

interface Options extends MetricFlags {
  clear?: boolean;
  force?: boolean;
  descriptionFile?: string;
  message?: string;
}

export function define(parent: Command, act: Act): Command {
  return parent
    .command('describe')
    .argument('<ref>', 'version, for example digits@1.1.0 or digits@staging (see mlreg help references)')
    .argument('[text]', 'description')
    .summary('change the description of a version, or add metrics')
    .description(
      'Sets the description of a version, or adds metrics measured after its registration. Old values stay in the history. ' +
        'Replacing a metric given at registration requires --force and -m; gates, show and the card then name the actor. ' +
        'Approvals from before a metric change no longer count.',
    )
    .option('--metric <name=number>', 'metric (repeatable)', collectPair('--metric'))
    .addOption(metricsFileOption())
    .option('--description-file <file>', 'file with the description')
    .option('--clear', 'remove the description')
    .option('--force', 'also replace metrics given at registration (requires -m)')
    .option('-m, --message <text>', 'reason, recorded in the history')
    .action(
      act(async (session, text: string, typed: string | undefined, options: Options) => {
        const { metric, metricsFile, message, clear, force } = options;
        const given = { description: typed, descriptionFile: options.descriptionFile };
        const description = await readDescription(given, session.cwd);
        if (description?.trim() === '') {
          throw new MlregError('USAGE', 'the description is empty', {
            hint: 'use --clear to remove it (is a shell variable unset?)',
          });
        }
        if (clear === true && description !== undefined) {
          throw notTogether('a description', '--clear');
        }
        const ref = parseExplicitReference(text);
        const metrics = metric || metricsFile ? await readMetrics(options, session) : undefined;
        const amendment = {
          ...(clear === true ? { description: '' } : {}),
          ...(description === undefined ? {} : { description }),
          ...(metrics === undefined ? {} : { metrics }),
        };
        const [{ describe }, { describeView }] = await Promise.all([
          import('../../api/verbs/describe.ts'),
          import('../../render/versions/describe-view.ts'),
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
      ['Change the description:', 'mlreg describe digits@1.1.0 "the wide network, for the server"'],
      ['Read it from a file:', 'mlreg describe digits@1.1.0 --description-file about.md'],
      [
        'Add a metric that was measured later:',
        'mlreg describe digits@production --metric live_accuracy=0.961',
      ],
      ['Add all that an evaluation wrote:', 'mlreg describe digits@production --metrics-file metrics.json'],
      [
        'Correct a metric:',
        'mlreg describe digits@1.0.0 --metric accuracy=0.97 --force -m "measured on the wrong split"',
      ],
    ],
    output: '--quiet prints the reference.',
    exitCodes: {
      0: 'done, or nothing to do',
      3: 'no such registry, model, version or file',
      4: 'a metric was given at registration: see --force',
      ...registryCodes,
    },
    seeAlso: ['tag', 'show', 'history', 'metadata'],
  };
}
