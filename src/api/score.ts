import * as z from 'zod';
import * as given from './given.ts';
import { readTable, tableFields, type TableOptions } from './table.ts';

/** What evaluating and comparing on data have in common. */
export interface ScoreOptions extends TableOptions {
  /** The table with the right answers: a file of CSV, TSV, JSON lines or Parquet. */
  data: string;
  /** The column of the right answers. */
  target: string;
  /** Default: `auto`, by the outputs and the target. */
  task?: 'classification' | 'regression' | 'auto';
  /** The output with the predicted class. Default: by type and shape. */
  labelOutput?: string;
  /** The output with the probability of each class. */
  probabilityOutput?: string;
  /** The output with the predicted number. */
  predictionOutput?: string;
  /** The class of each probability, in order, if the model does not say. */
  classes?: readonly string[];
  /** The positive one of two classes. Default: the last in order. */
  positive?: string;
  /** Of intervals and permutations. Default: 0. */
  seed?: number;
}

/** The fields of `ScoreOptions`. */
export const scoreFields = () => ({
  ...tableFields(),
  data: given.filledText,
  target: given.text,
  task: given.oneOf(['classification', 'regression', 'auto']).optional(),
  labelOutput: given.text.optional(),
  probabilityOutput: given.text.optional(),
  predictionOutput: given.text.optional(),
  classes: z.array(given.text, { error: 'a list of strings' }).readonly().optional(),
  positive: given.text.optional(),
  seed: given.count(0, 2 ** 32 - 1).optional(),
});

type ScoreFields = z.output<z.ZodObject<ReturnType<typeof scoreFields>>>;

/** The checked fields as the verbs take them. */
export function readScore<Fields extends ScoreFields>({
  data,
  task = 'auto',
  labelOutput,
  probabilityOutput,
  predictionOutput,
  classes,
  positive,
  seed,
  ...rest
}: Fields) {
  return {
    ...readTable(data, rest),
    task,
    named: { label: labelOutput, probability: probabilityOutput, prediction: predictionOutput },
    classes: classes ?? null,
    positive: positive ?? null,
    seed: seed ?? 0,
  };
}
