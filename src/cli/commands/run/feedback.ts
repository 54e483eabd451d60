import type { Command } from 'commander';
import { resolve } from 'node:path';
import { MlregError } from '../../../core/errors.ts';
import { quote } from '../../../core/text/quote.ts';
import { parseReference } from '../../../core/versions/reference.ts';
import { parseTableKind, tableEndings, tableKindWords } from '../../../data/table-format.ts';
import type { Act } from '../../command-module.ts';
import type { Session } from '../../context.ts';
import { registryCodes, type CommandHelp } from '../../help/command-help.ts';
import { choice, namedPath } from '../../options/options.ts';

interface Options {
  labels: string;
  key: string;
  label: string;
  at?: string;
  task?: 'classification' | 'regression';
  as?: string;
  inputFormat?: string;
}

export function define(parent: Command, act: Act): Command {
  return parent
    .command('feedback')
    .argument('<ref>', 'version whose predictions were kept (see mlreg help references)')
    .summary('evaluate kept predictions by labels that came later')
    .description(
      'Joins right answers that came later to the predictions that mlreg predict --keep kept, by their keys, and stores the evaluation with the version: ' +
        'no column of the data has to hold the answers. With --at, each day is evaluated by itself, as mlreg monitor reads it. ' +
        'Running it again with the same labels changes nothing. Keys without a prediction and rows that come again are counted.',
    )
    .requiredOption(
      '--labels <file>',
      `table with keys and right answers, ${tableEndings}; -: stdin`,
      (path) => namedPath('--labels', path),
    )
    .requiredOption('--key <column>', 'column of the keys')
    .requiredOption('--label <column>', 'column of the right answers')
    .option('--at <column>', 'column of the times that the rows are of: a date or time of ISO 8601')
    .addOption(
      choice('--task <task>', 'what is predicted: classes or numbers (default: by predictions and labels)', [
        'classification',
        'regression',
      ]),
    )
    .option('--as <name>', 'name of the data set to store evaluations under')
    .option('--input-format <format>', `format of the labels, if their name does not tell: ${tableKindWords}`)
    .action(act(run));
}

const dataSetName = /^[A-Za-z0-9][\w.-]{0,63}$/;

async function run(session: Session, text: string, options: Options): Promise<void> {
  const ref = parseReference(text);
  const { labels, key, label, at = null, task = null, as = null, inputFormat } = options;
  if (as !== null && !dataSetName.test(as))
    throw new MlregError('USAGE', `invalid --as ${quote(as)}`, {
      hint: 'use letters, digits, _, - and ., at most 64 characters: --as live',
    });
  const kindFlag = '--input-format';
  const kind = inputFormat === undefined ? undefined : parseTableKind(kindFlag, inputFormat);
  const path = labels === '-' ? null : resolve(session.cwd, labels);
  const [{ feedback }, { feedbackView }] = await Promise.all([
    import('../../../api/verbs/run/feedback.ts'),
    import('../../../render/evaluate/feedback-view.ts'),
  ]);
  await session.withRegistry(async (registry) => {
    const result = await feedback(registry, {
      ref,
      labels: { path, kind, kindFlag },
      key,
      label,
      at,
      task,
      as,
    });
    await session.output.show('feedback', feedbackView, result, {
      changed: result.evaluations.some(({ changed }) => changed),
      warnings: result.warnings,
    });
  });
}

export function help(): CommandHelp {
  return {
    examples: [
      [
        'How good were the predictions that were kept by id?',
        'mlreg feedback digits@production --labels labels.csv --key id --label digit',
      ],
    ],
    output:
      'evaluations has the metrics of each day, or of all; the counts say which keys and rows were left out. In a pipe, each count and each evaluation is a row. --quiet prints the reference.',
    exitCodes: {
      2: 'wrong flags, a file that is malformed or lacks a column, or a registry that is no folder',
      3: 'no such registry, version or file, or no kept prediction for any key',
      ...registryCodes,
      6: 'the file of labels, or one of predictions, is damaged',
    },
    seeAlso: ['predict', 'evaluate', 'monitor', 'evaluation'],
  };
}
