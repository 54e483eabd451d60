import type { Command } from 'commander';
import { resolve } from 'node:path';
import { parseByteSize, parseDuration } from '../../../core/text/units.ts';
import { parseReference } from '../../../core/versions/reference.ts';
import type { Act } from '../../command-module.ts';
import { registryCodes, type CommandHelp } from '../../help/command-help.ts';
import { sourcePath, parseBound } from '../../options/options.ts';
import { startProgress } from '../../output/progress.ts';

interface Options {
  against?: string;
  atol?: number;
  rtol?: number;
  timeout?: string;
  memoryLimit?: string;
}

export function define(parent: Command, act: Act): Command {
  return parent
    .command('test')
    .argument('<ref>', 'version, for example digits@1.1.0 or digits@production (see mlreg help references)')
    .summary('compare the outputs of an ONNX model with its golden sets')
    .description(
      'Runs the version on the inputs of all of its golden sets, and compares the outputs with the expected ones. ONNX Runtime ' +
        'runs in a child process with time and memory limits. Exits with code 5 unless every case that can run matches (mlreg help golden-sets).',
    )
    .option('--against <path>', 'another golden set: a JSON or .npz file, or a folder with test_data_set_N')
    .option('--atol <x>', 'absolute tolerance, added to the relative one', parseBound('--atol'))
    .option('--rtol <x>', 'relative tolerance, as a fraction of the expected value', parseBound('--rtol'))
    .option('--timeout <time>', 'time limit (default: a minute per case)')
    .option('--memory-limit <size>', 'memory limit of the child process, for example 2GiB')
    .action(
      act(async (session, text: string, { against, atol, rtol, ...options }: Options) => {
        const ref = parseReference(text);
        const timeoutMs = options.timeout === undefined ? undefined : parseDuration(options.timeout);
        const memoryLimitBytes =
          options.memoryLimit === undefined ? undefined : parseByteSize(options.memoryLimit);
        const [{ testVersion }, { testFailure }, { testView }] = await Promise.all([
          import('../../../api/verbs/run/test.ts'),
          import('../../../api/verbs/run/test.ts'),
          import('../../../render/inspect/test-view.ts'),
        ]);
        const progress = startProgress(session, 'percent');
        await session.withRegistry(async (registry) => {
          try {
            const result = await testVersion(registry, {
              ref,
              against:
                against === undefined ? undefined : resolve(session.cwd, sourcePath('--against', against)),
              tolerance: {
                ...(atol === undefined ? {} : { atol }),
                ...(rtol === undefined ? {} : { rtol }),
              },
              timeoutMs,
              memoryLimitBytes,
              onProgress: ({ done, total }) => progress.update({ done, total, what: 'testing' }),
            });
            progress.stop();
            await session.output.show('test', testView, result, { warnings: result.warnings });
            const problem = testFailure(result, against);
            if (problem !== undefined) session.fail(problem);
          } finally {
            progress.stop();
          }
        });
      }),
    );
}

export function help(): CommandHelp {
  return {
    examples: [
      ['Test the version in production:', 'mlreg test digits@production'],
      [
        'Test with another golden set and tolerance:',
        'mlreg test digits@1.0.0 --against golden.json --atol 1e-4 --rtol 0',
      ],
    ],
    output: '--quiet prints the reference.',
    exitCodes: {
      0: 'every case that can run matches',
      2: 'wrong flags, a golden set that is malformed or not for the model, or not an ONNX model',
      3: 'no such registry, version or file, no golden set, or ONNX Runtime is not installed',
      5: 'a value differs, nothing could be compared, or the model crashed, timed out or used too much memory',
      ...registryCodes,
      6: 'bytes of the version or of its golden set are missing or corrupt',
    },
    seeAlso: ['golden', 'register', 'bench', 'golden-sets', 'references'],
  };
}
