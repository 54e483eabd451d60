import { Option, type Command } from 'commander';
import { MlregError } from '../../../core/errors.ts';
import { parseReference, type ModelName, type Reference } from '../../../core/versions/reference.ts';
import type { Act } from '../../command-module.ts';
import type { Session } from '../../context.ts';
import { registryCodes, type CommandHelp } from '../../help/command-help.ts';
import { collectPair, metricsFileOption, notTogether } from '../../options/options.ts';
import { readDescription, warnOfAtSign } from '../../input/read-description.ts';
import { refuseSharedInput } from '../../input/read-input.ts';
import { readMetrics, type MetricFlags } from '../../input/read-metrics.ts';

interface Options extends MetricFlags {
  owner?: string;
  noOwner?: boolean;
  clear?: boolean;
  force?: boolean;
  descriptionFile?: string;
  message?: string;
}

/** What is to be said, and the warnings about how it was given. */
interface Said extends Pick<Options, 'force' | 'message'> {
  description: string | undefined;
  metrics: MetricFlags;
  warnings: string[];
}

export function define(parent: Command, act: Act): Command {
  return parent
    .command('describe')
    .argument(
      '<ref>',
      'version, for example digits@1.1.0 or digits@staging (see mlreg help references); or a model: digits',
    )
    .argument('[text]', 'description')
    .summary('describe a version or a model, or add metrics')
    .description(
      'Sets the description of a version, or adds metrics measured after its registration. Old values stay in the history. ' +
        'Replacing a metric given at registration requires --force and -m; gates, show and the card then name the actor. ' +
        'Approvals from before a metric change no longer count. A name without a version means the model as a whole: its description and its ' +
        'owner, which list, show and the card tell.',
    )
    .option('--metric <name=number>', 'metric of the version (repeatable)', collectPair('--metric'))
    .addOption(metricsFileOption())
    .option('--owner <who>', 'who is responsible for the model, in one line')
    .addOption(noOwnerOption())
    .option('--description-file <file>', 'file with the description (- is stdin)')
    .option('--clear', 'remove the description')
    .option('--force', 'also replace metrics given at registration (requires -m)')
    .option('-m, --message <text>', 'reason, recorded in the history')
    .action(
      act(async (session, text: string, typed: string | undefined, options: Options) => {
        const { metric, metricsFile, message, clear, force } = options;
        if (options.owner !== undefined && options.noOwner === true) {
          throw notTogether('--owner', '--no-owner');
        }
        const owner = options.noOwner === true ? false : options.owner;
        const given = { description: typed, descriptionFile: options.descriptionFile };
        refuseSharedInput({
          '--description-file': given.descriptionFile === undefined ? [] : [given.descriptionFile],
          '--metrics-file': metricsFile ?? [],
        });
        const description = await readDescription(given, session);
        if (description?.trim() === '') {
          throw new MlregError('USAGE', 'the description is empty', {
            hint: 'use --clear to remove it (is a shell variable unset?)',
          });
        }
        if (clear === true && description !== undefined) {
          throw notTogether('a description', '--clear');
        }
        const { name, selector } = parseReference(text);
        const said = {
          description: clear === true ? '' : description,
          metrics: { metric, metricsFile },
          force,
          ...(message === undefined ? {} : { message }),
          warnings: await warnOfAtSign(given, session.cwd),
        };
        if (selector === undefined) return describeWhole(session, name, said, owner);
        if (owner !== undefined) {
          throw new MlregError('USAGE', `a version has no owner, and ${text} names a version`, {
            hint: `set the owner of the model: mlreg describe ${name} --owner WHO`,
          });
        }
        await describeOne(session, { name, selector }, said);
      }),
    );
}

/** commander would make it one option with `--owner`, of which the last one wins without a word. */
function noOwnerOption(): Option {
  const option = new Option('--no-owner', 'remove the owner of the model');
  option.negate = false;
  return option;
}

async function describeOne(
  session: Session,
  ref: Required<Reference>,
  { description, metrics: flags, warnings, ...rest }: Said,
): Promise<void> {
  const metrics = flags.metric || flags.metricsFile ? await readMetrics(flags, session) : undefined;
  const amendment = {
    ...(description === undefined ? {} : { description }),
    ...(metrics === undefined ? {} : { metrics }),
  };
  const [{ describe }, { describeView }] = await Promise.all([
    import('../../../api/verbs/versions/describe.ts'),
    import('../../../render/versions/describe-view.ts'),
  ]);
  await session.withRegistry(async (registry) => {
    const result = await describe(registry, { ref, amendment, ...rest });
    await session.output.show('describe', describeView, result, { changed: result.changed, warnings });
  });
}

async function describeWhole(
  session: Session,
  name: ModelName,
  { description, metrics, force, message, warnings }: Said,
  /** False: remove it. */
  owner: string | false | undefined,
): Promise<void> {
  const flag =
    (metrics.metric && '--metric') ??
    (metrics.metricsFile && '--metrics-file') ??
    (force === true ? '--force' : undefined);
  if (flag !== undefined) {
    throw new MlregError('USAGE', `${flag} needs a version, and ${name} names a model`, {
      hint: `use for example ${name}@1.0.0 (mlreg list ${name} lists the versions)`,
    });
  }
  if (owner === '') {
    throw new MlregError('USAGE', 'the owner is empty', {
      hint: 'use --no-owner to remove it (is a shell variable unset?)',
    });
  }
  const [{ describeModel }, { describeModelView }] = await Promise.all([
    import('../../../api/verbs/versions/describe.ts'),
    import('../../../render/versions/describe-model-view.ts'),
  ]);
  await session.withRegistry(async (registry) => {
    const input = { name, description, owner: owner === false ? '' : owner, message };
    const result = await describeModel(registry, input);
    await session.output.show('describe', describeModelView, result, {
      changed: result.changed,
      warnings,
    });
  });
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
      [
        'Say what a model is for, and who is responsible for it:',
        'mlreg describe digits "reads handwritten digits" --owner vision',
      ],
    ],
    output: '--quiet prints the reference, or the name of the model.',
    exitCodes: {
      0: 'done, or nothing to do',
      3: 'no such registry, model, version or file',
      4: 'a metric was given at registration: see --force',
      ...registryCodes,
    },
    seeAlso: ['tag', 'show', 'history', 'metadata'],
  };
}
