import type { Command } from 'commander';
import { MlregError } from '../../../core/errors.ts';
import { parseReference } from '../../../core/versions/reference.ts';
import type { Act } from '../../command-module.ts';
import type { Session } from '../../context.ts';
import { registryCodes, type CommandHelp } from '../../help/command-help.ts';
import {
  addEvaluateOptions,
  evaluateFlagNames,
  evaluateOptions,
  type EvaluateFlags,
} from '../../options/evaluate-options.ts';
import { markdownOption, notTogether } from '../../options/options.ts';
import { startProgress } from '../../output/progress.ts';

interface Options extends Partial<EvaluateFlags> {
  all?: boolean;
  save?: boolean;
}

export function define(parent: Command, act: Act): Command {
  const command = parent
    .command('compare')
    .argument('<refs...>', 'versions, for example digits@production digits (see mlreg help references)')
    .summary('compare versions: metrics, signature, params, data, files, latency, or predictions')
    .description(
      'Compares 2 to 10 versions of one or several models with the first one. Metrics are marked better or worse if their direction ' +
        'is known, latencies only if they were measured under the same conditions. With --data, two versions predict the same rows, and ' +
        'paired tests tell whether the second is better than the first (mlreg help evaluation); the other options belong to --data.',
    )
    .option('--all', 'also show equal values')
    .addOption(markdownOption());
  return addEvaluateOptions(command, false)
    .option('--save', 'store the result with the second version, for the gates better and notworse')
    .action(
      act(async (session, texts: string[], options: Options) => {
        const { data, target } = options;
        if (data !== undefined) {
          if (options.all === true) throw notTogether('--all', '--data');
          if (target === undefined)
            throw new MlregError('USAGE', '--data requires --target COLUMN', {
              hint: 'name the column of the right answers: --target COLUMN',
            });
          await compareData(session, texts, { ...options, data, target });
          return;
        }
        refuseWithoutData(options);
        const [{ compare, requireSeveral }, { compareView }] = await Promise.all([
          import('../../../api/verbs/inspect/compare.ts'),
          import('../../../render/inspect/compare-view.ts'),
        ]);
        requireSeveral(texts);
        const references = texts.map(parseReference);
        await session.withRegistry(async (registry) => {
          const view = compareView({ all: options.all === true });
          await session.output.show('compare', view, await compare(registry, references));
        });
      }),
    );
}

/** USAGE for an option that means something with --data only. */
function refuseWithoutData(options: Options): void {
  const first = [...evaluateFlagNames, 'save' as const].find((name) => options[name] !== undefined);
  if (first === undefined) return;
  const flag = `--${first.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
  throw new MlregError('USAGE', `${flag} requires --data FILE`, { hint: `add --data FILE, or omit ${flag}` });
}

async function compareData(
  session: Session,
  texts: string[],
  options: EvaluateFlags & Pick<Options, 'save'>,
): Promise<void> {
  const [baseline, candidate, third] = texts.map(parseReference);
  if (baseline === undefined || candidate === undefined || third !== undefined)
    throw new MlregError('USAGE', `expected 2 references with --data, got ${texts.length}`, {
      hint: 'for example mlreg compare digits@production digits --data test.csv --target label',
    });
  const [{ compareOnData }, { compareOnDataView }] = await Promise.all([
    import('../../../api/verbs/run/compare-on-data.ts'),
    import('../../../render/evaluate/compare-on-data-view.ts'),
  ]);
  const progress = startProgress(session, 'rows');
  await session.withRegistry(async (registry) => {
    try {
      const result = await compareOnData(registry, {
        ...evaluateOptions(session, options),
        baseline,
        candidate,
        save: options.save === true,
        onProgress: ({ rows, bytes, size }) =>
          progress.update({ done: bytes, total: size ?? 0, what: 'predicting', rows }),
      });
      progress.stop();
      const { warnings, saved } = result;
      await session.output.show('compare', compareOnDataView, result, { changed: saved !== null, warnings });
    } finally {
      progress.stop();
    }
  });
}

export function help(): CommandHelp {
  return {
    examples: [
      ['What would change in production:', 'mlreg compare digits@production digits'],
      ['As a comment on a pull request:', 'mlreg compare digits@1.0.0 digits@1.1.0 --markdown > comment.md'],
      [
        'Which one predicts better, tested on the same rows:',
        'mlreg compare digits@production digits --data train.csv --target target',
      ],
      [
        'Three versions, including equal values:',
        'mlreg compare digits@1.0.0 digits@1.0.1 digits@1.1.0 --all',
      ],
    ],
    output:
      'Lists follow the order of versions[], with null for missing values. delta, relative, better and signature compare the last version with the first; with more than two versions, deltas[] and signatures[] have every version after the first. In a pipe, each compared value is a row. With --data, metrics[] has the test of each metric. --quiet prints the references.',
    exitCodes: {
      2: 'fewer than 2 references or more than 10; with --data other than 2, or data that does not fit',
      3: 'no such registry, model or version; with --data, no such file, or ONNX Runtime is not installed',
      4: 'with --data: the file changed while it was read, or the file of --reject exists: see --force',
      5: 'with --data: more rejected rows than --max-rejects, or a model failed on a row, crashed, timed out or used too much memory',
      ...registryCodes,
    },
    seeAlso: ['show', 'list', 'bench', 'evaluate', 'evaluation', 'references'],
  };
}
