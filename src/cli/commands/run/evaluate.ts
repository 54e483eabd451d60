import type { Command } from 'commander';
import { createHash } from 'node:crypto';
import { resolve } from 'node:path';
import { MlregError } from '../../../core/errors.ts';
import { quote } from '../../../core/text/quote.ts';
import { parseReference } from '../../../core/versions/reference.ts';
import { startReport } from '../../output/start-report.ts';
import type { Act } from '../../command-module.ts';
import type { EvaluateInput } from '../../../evaluate/evaluate-version.ts';
import type { Registry } from '../../../registry/registry.ts';
import type { Session } from '../../context.ts';
import { registryCodes, type CommandHelp } from '../../help/command-help.ts';
import { addEvaluateOptions, evaluateOptions, type EvaluateFlags } from '../../options/evaluate-options.ts';
import { collect, markdownOption, parseOutputFile } from '../../options/options.ts';
import { parseTime } from '../../options/parse-time.ts';
import { startProgress, type Progress } from '../../output/progress.ts';

interface Options extends EvaluateFlags {
  slice?: string[];
  importance?: boolean;
  save?: boolean;
  at?: string;
  as?: string;
  html?: string;
}

export function define(parent: Command, act: Act): Command {
  const command = parent
    .command('evaluate')
    .argument('<ref>', 'version, for example digits@1.1.0 or digits@production (see mlreg help references)')
    .summary('compare predictions with the right answers in a file')
    .description(
      'Runs the model on every row of a table, and compares its predictions with a column of it: accuracy, F1, ROC AUC, log loss and more for classes; ' +
        'RMSE, MAE, R² and more for numbers, each with a 95% interval. Outputs with labels and probabilities are found by type and shape, columns of inputs ' +
        'as for predict; the target is no input. Rows without a target are left out and counted. --save stores the result with the version, ' +
        'for the gate eval.METRIC (mlreg help evaluation).',
    );
  return addEvaluateOptions(command, true)
    .option('--slice <column>', 'also by the values of this column, worst groups first (repeatable)', collect)
    .option(
      '--importance',
      'also measure what the model looks at: permute each column, in at most 10,000 rows',
    )
    .option('--save', 'store the result with the version')
    .option('--at <time>', 'with --save: the time that the data is of: 2026-03-01, or 2d for two days ago')
    .option('--as <name>', 'with --save: name of the data set, if there are several')
    .option('--html <file>', 'also write a report, one HTML file', parseOutputFile('--html', 'report.html'))
    .addOption(markdownOption())
    .action(act(run));
}

async function run(session: Session, text: string, options: Options): Promise<void> {
  const ref = parseReference(text);
  const { html, force } = options;
  if (force === true && html === undefined && options.reject === undefined)
    throw new MlregError('USAGE', '--force requires --html FILE or --reject FILE', {
      hint: 'add one of them, or omit --force',
    });
  const save = savingOf(session, options);
  const [{ evaluateVersion }, { evaluateView }] = await Promise.all([
    import('../../../api/verbs/run/evaluate.ts'),
    import('../../../render/evaluate/evaluate-view.ts'),
  ]);
  const progress = startProgress(session, 'rows');
  let permuting: Progress | undefined;
  const input = evaluateOptions(session, options);
  const file = html === undefined ? null : resolve(session.cwd, html);
  await session.withRegistry(async (registry) => {
    const report = file === null ? null : await openHtml(registry, file, input, force === true);
    try {
      const result = await evaluateVersion(registry, {
        ...input,
        ref,
        slices: options.slice ?? [],
        importance: options.importance === true,
        save,
        onProgress: ({ rows, bytes, size }) =>
          progress.update({ done: bytes, total: size ?? 0, what: 'predicting', rows }),
        onPermuted({ done, all }) {
          progress.stop();
          permuting ??= startProgress(session, 'percent');
          permuting.update({ done, total: all, what: 'permuting columns' });
        },
      });
      progress.stop();
      permuting?.stop();
      if (report !== null) {
        const { evaluateHtml } = await import('../../../render/evaluate/html/evaluate-html.ts');
        await report.write(evaluateHtml(result, sha256));
        await report.finish();
      }
      const { warnings, saved } = result;
      await session.output.show(
        'evaluate',
        evaluateView,
        { ...result, html: file },
        {
          changed: saved !== null,
          warnings,
        },
      );
    } finally {
      progress.stop();
      permuting?.stop();
      await report?.discard();
    }
  });
}

async function openHtml(
  registry: Registry,
  path: string,
  { table, reject }: Pick<EvaluateInput, 'table' | 'reject'>,
  replace: boolean,
) {
  const { refuseSameFiles } = await import('../../../files/path-guards.ts');
  await refuseSameFiles([
    ['--data', table.path],
    ['--html', path],
    ['--reject', reject ?? null],
  ]);
  return startReport(registry, path, { flag: '--html', replace });
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('base64');
}

const dataSetName = /^[A-Za-z0-9][\w.-]{0,63}$/;

function savingOf(
  { now }: Pick<Session, 'now'>,
  { save, at, as }: Options,
): { as: string | null; asOf: number | null } | null {
  if (save !== true) {
    const flag = at !== undefined ? '--at' : as !== undefined ? '--as' : undefined;
    if (flag === undefined) return null;
    throw new MlregError('USAGE', `${flag} requires --save`, { hint: `add --save, or omit ${flag}` });
  }
  if (as !== undefined && !dataSetName.test(as))
    throw new MlregError('USAGE', `invalid --as ${quote(as)}`, {
      hint: 'use letters, digits, _, - and ., at most 64 characters: --as hard-cases',
    });
  return { as: as ?? null, asOf: at === undefined ? null : parseTime(at, now()) };
}

export function help(): CommandHelp {
  return {
    examples: [
      [
        'How good is the version in production?',
        'mlreg evaluate digits@production --data train.csv --target target',
      ],
      [
        'Store the result, which the gate eval.accuracy reads:',
        'mlreg evaluate digits@1.1.0 --data train.csv --target target --save --as train',
      ],
      [
        'A report for people, with the worst groups:',
        'mlreg evaluate digits --data train.csv --target target --slice target --html report.html --force',
      ],
    ],
    output:
      'metrics has numbers, null for what is undefined on this data (undefinedMetrics says why), and objects by class. In a pipe, each metric is a row with its interval. --quiet prints the reference.',
    exitCodes: {
      2: 'wrong flags, a table or outputs that do not fit, a bad row, or no row with a target',
      3: 'no such registry, version, file or folder, or ONNX Runtime is not installed',
      4: 'the file of --html or --reject exists: see --force; or the table changed while it was read',
      5: 'more rejected rows than --max-rejects, or the model failed on a row, crashed, timed out or used too much memory',
      ...registryCodes,
      6: 'bytes of the version are missing or corrupt, or the table is damaged or cut short',
    },
    seeAlso: ['compare', 'predict', 'promote', 'evaluation', 'policies'],
  };
}
