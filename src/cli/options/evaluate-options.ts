import type { Command } from 'commander';
import type { EvaluationTask } from '../../core/measurements/evaluation.ts';
import { tableEndings } from '../../data/table-format.ts';
import type { DataOptions } from '../../evaluate/evaluate-version.ts';
import type { ScoreOptions } from '../../evaluate/score.ts';
import { parseColumnList } from '../../predict/columns/column-choice.ts';
import type { RejectOptions } from '../../predict/reject-file.ts';
import type { Session } from '../context.ts';
import { choice, namedPath, parseCount } from './options.ts';
import { addTableOptions, tableOptions, type TableFlags } from './table-options.ts';

/** What commands that compare predictions with a column of a table have in common. */
export interface EvaluateFlags extends TableFlags {
  data: string;
  target: string;
  task?: EvaluationTask | 'auto';
  labelOutput?: string;
  probabilityOutput?: string;
  predictionOutput?: string;
  classes?: string[];
  positive?: string;
  seed?: number;
}

/** All of them but `data`. */
export const evaluateFlagNames = [
  'target',
  'task',
  'labelOutput',
  'probabilityOutput',
  'predictionOutput',
  'classes',
  'positive',
  'seed',
  'columns',
  'map',
  'exclude',
  'inputFormat',
  'onMissing',
  'batch',
  'workers',
  'timeout',
  'memoryLimit',
  'reject',
  'maxRejects',
  'force',
] as const satisfies readonly Exclude<keyof EvaluateFlags, 'data'>[];

/** `required`: the command does nothing else. */
export function addEvaluateOptions(command: Command, required: boolean): Command {
  const data = `table with the right answers, ${tableEndings}; -: stdin`;
  const named = (path: string): string => namedPath('--data', path);
  const begun = required
    ? command
        .requiredOption('--data <file>', data, named)
        .requiredOption('--target <column>', 'column of the right answers')
    : command.option('--data <file>', data, named).option('--target <column>', 'column of the right answers');
  begun
    .addOption(
      choice(
        '--task <task>',
        'what the model predicts: classes or numbers (default: by outputs and target)',
        ['classification', 'regression', 'auto'],
      ),
    )
    .option('--label-output <name>', 'output with the predicted class (default: by type and shape)')
    .option('--probability-output <name>', 'output with the probability of each class')
    .option('--prediction-output <name>', 'output with the predicted number')
    .option(
      '--classes <names>',
      'class of each probability, in order, if the model does not say: cat,dog',
      (text) => parseColumnList(text, '--classes').map((one) => (typeof one === 'string' ? one : one.name)),
    )
    .option('--positive <class>', 'positive one of two classes (default: the last in order)')
    .option(
      '--seed <n>',
      'seed of intervals and permutations (default 0)',
      parseCount('--seed', 0, 999_999_999),
    );
  return addTableOptions(begun);
}

export function evaluateOptions(
  { cwd }: Pick<Session, 'cwd'>,
  flags: EvaluateFlags,
): DataOptions & ScoreOptions & RejectOptions & { seed: number } {
  return {
    ...tableOptions(cwd, '--data', flags.data, flags),
    target: flags.target,
    task: flags.task ?? 'auto',
    named: {
      label: flags.labelOutput,
      probability: flags.probabilityOutput,
      prediction: flags.predictionOutput,
    },
    classes: flags.classes ?? null,
    positive: flags.positive ?? null,
    seed: flags.seed ?? 0,
  };
}
