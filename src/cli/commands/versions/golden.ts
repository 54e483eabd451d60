import type { Command } from 'commander';
import { resolve } from 'node:path';
import { parseExplicitReference } from '../../../core/versions/reference.ts';
import type { Act } from '../../command-module.ts';
import { registryCodes, type CommandHelp } from '../../help/command-help.ts';
import { benchNumber, inputOption, rangeOption, shapeOption } from '../../options/input-options.ts';
import { sourcePath, notTogether, parseCount } from '../../options/options.ts';
import { startProgress } from '../../output/progress.ts';

interface MakeOptions {
  cases?: number;
  seed?: number;
  batch?: number;
  shape?: string[];
  range?: string[];
  input?: string;
  message?: string;
}

interface AddOptions {
  force?: boolean;
  message?: string;
}

export function define(parent: Command, act: Act): Command {
  const command = parent
    .command('golden')
    .summary('add golden sets to a version, or make one of its own outputs')
    .description(
      'Adds golden sets (inputs with expected outputs) to a version that is already registered. Its number and digest stay. ' +
        'All sets of a version must pass in mlreg test, in the golden gate and in mlreg bench; none is replaced or removed.',
    )
    .helpCommand(false);
  command
    .command('add')
    .argument('<ref>', 'version, for example digits@1.1.0 or digits@staging (see mlreg help references)')
    .argument('<path>', 'golden set: a JSON or .npz file, or ONNX tensors (see mlreg help golden-sets)')
    .summary('add a golden set to a version')
    .description(
      'Runs the version on a golden set, and adds the set if the outputs match. A set cannot be removed later, so one that the version does not ' +
        'pass is refused (exit code 5), unless --force is given. Without ONNX Runtime the set is added untried, with a warning.',
    )
    .option('--force', 'add it even if the version does not pass it; needs --message')
    .option('-m, --message <text>', 'reason, recorded in the history')
    .action(
      act(async (session, text: string, path: string, { force, message }: AddOptions) => {
        const ref = parseExplicitReference(text);
        const location = resolve(session.cwd, sourcePath('PATH', path));
        const [{ addGolden }, { goldenView }] = await Promise.all([
          import('../../../api/verbs/versions/golden.ts'),
          import('../../../render/versions/golden-view.ts'),
        ]);
        await session.withRegistry(async (registry) => {
          const result = await addGolden(registry, { ref, path: location, force, message });
          const { changed, warnings } = result;
          await session.output.show('golden', goldenView, result, { changed, warnings });
        });
      }),
    );
  command
    .command('make')
    .argument('<ref>', 'version, for example digits@1.1.0 or digits@staging (see mlreg help references)')
    .summary("make a golden set of a version's own outputs")
    .description(
      'Runs the version on synthetic inputs, or on those of --input, and adds its outputs as a golden set that is marked self-made. It shows that ' +
        'outputs stay the same on other machines and runtimes, not that they are right: the golden gate does not pass on self-made sets ' +
        'alone, unless the registry\'s policy for the stage says "golden": {"allowSelf": true}.',
    )
    .option('--cases <n>', 'number of cases (default 5)', parseCount('--cases', 1, 1000))
    .option('--seed <n>', 'seed of the synthetic inputs (default 1)', parseCount('--seed', 0, 999_999_999))
    .addOption(benchNumber('batch'))
    .addOption(shapeOption())
    .addOption(rangeOption())
    .addOption(inputOption())
    .option('-m, --message <text>', 'reason, recorded in the history')
    .action(
      act(async (session, text: string, { shape, range, input, message, ...options }: MakeOptions) => {
        const ref = parseExplicitReference(text);
        // The global options are among them, too.
        const { cases, seed, batch } = options;
        const generated = { cases, seed, batch };
        const other = Object.entries({ ...generated, shape, range }).find(([, value]) => value !== undefined);
        if (input !== undefined && other !== undefined) throw notTogether('--input', `--${other[0]}`);
        const inputFile = input === undefined ? undefined : resolve(session.cwd, input);
        const [{ makeGolden, madeWith, parseRanges, parseShapes }, { goldenView }] = await Promise.all([
          import('../../../api/verbs/versions/golden.ts'),
          import('../../../render/versions/golden-view.ts'),
        ]);
        const made = {
          ...madeWith(generated),
          shapes: parseShapes(shape ?? []),
          ranges: parseRanges(range ?? []),
        };
        const progress = startProgress(session, 'percent');
        await session.withRegistry(async (registry) => {
          try {
            const result = await makeGolden(registry, {
              ...made,
              ref,
              inputFile,
              message,
              onProgress: ({ done, total }) => progress.update({ done, total, what: 'running' }),
            });
            progress.stop();
            const { changed, warnings } = result;
            await session.output.show('golden', goldenView, result, { changed, warnings });
          } finally {
            progress.stop();
          }
        });
      }),
    );
  return command;
}

const addCodes = {
  2: 'wrong flags, no selector, a golden set that is malformed or not for the model, or not an ONNX model',
  3: 'no such registry, version or file',
  4: 'the version has as many golden sets as it can have',
  5: 'the version does not pass the set, and --force was not given; nothing was changed',
  ...registryCodes,
};

export function help(): CommandHelp {
  return {
    examples: [['Add a case that went wrong in production:', 'mlreg golden add digits@1.0.0 golden.json']],
    output: '--quiet prints the reference.',
    exitCodes: { 0: 'added, or already there ("changed": false)', ...addCodes },
    seeAlso: ['test', 'register', 'golden-sets', 'policies'],
    commands: {
      add: {
        examples: [
          ['Add a golden set to a version:', 'mlreg golden add digits@1.0.0 golden.json -m "from the audit"'],
        ],
        output: '--quiet prints the reference.',
        exitCodes: { 0: 'added, or already there ("changed": false)', ...addCodes },
        seeAlso: ['golden', 'test', 'register'],
      },
      make: {
        examples: [
          ['Record the outputs of ten synthetic inputs:', 'mlreg golden make digits@1.0.0 --cases 10'],
          ['Record the outputs of your own inputs:', 'mlreg golden make digits@1.1.0 --input golden.json'],
        ],
        output: '--quiet prints the reference.',
        exitCodes: {
          0: 'added, or already there ("changed": false)',
          ...addCodes,
          2: 'wrong flags, no selector, inputs that are malformed or not for the model, or not an ONNX model',
          3: 'no such registry, version or file, or ONNX Runtime is not installed',
          5: 'the model could not be run, or does not reproduce its own outputs; nothing was changed',
        },
        seeAlso: ['golden', 'policies', 'bench'],
      },
    },
  };
}
