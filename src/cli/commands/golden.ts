import type { Command } from 'commander';
import { resolve } from 'node:path';
import { parseExplicitReference } from '../../core/versions/reference.ts';
import type { Act } from '../command-module.ts';
import { registryCodes, type CommandHelp } from '../help/command-help.ts';
import { namedPath } from '../options.ts';

interface AddOptions {
  force?: boolean;
  message?: string;
}

export function define(parent: Command, act: Act): Command {
  const command = parent
    .command('golden')
    .summary('add golden sets to a version')
    .description(
      'Adds golden sets (inputs with expected outputs) to a version that is already registered. Its number and digest stay. ' +
        'All sets of a version must pass in mlreg test, in the golden gate and in mlreg bench; none is replaced or removed.',
    )
    .helpCommand(false);
  command
    .command('add')
    .argument('<ref>', 'version, for example digits@1.1.0 or digits@staging (see mlreg help references)')
    .argument('<path>', 'golden set: a JSON file, or ONNX tensors (see mlreg help golden-sets)')
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
        const location = resolve(session.cwd, namedPath('PATH', path));
        const [{ addGolden }, { goldenView }] = await Promise.all([
          import('../../api/verbs/golden.ts'),
          import('../../render/versions/golden-view.ts'),
        ]);
        await session.withRegistry(async (registry) => {
          const result = await addGolden(registry, { ref, path: location, force, message });
          const { changed, warnings } = result;
          await session.output.show('golden', goldenView, result, { changed, warnings });
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
    },
  };
}
