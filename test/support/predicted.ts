import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { predict, type PredictInput } from '../../src/predict/predict.ts';
import type { PredictResult } from '../../src/predict/predict-result.ts';
import type { Registry } from '../../src/registry/registry.ts';
import { ref } from './temp-registry.ts';
import { tempFolder, type Cleanup } from './temp-folder.ts';

export interface PredictedText {
  result: PredictResult;
  /** What was written, and the rejected rows. */
  output: Buffer;
  rejects: string;
}

/** Paths of a table and its outputs in a folder of their own. */
export function tablePaths(test: Cleanup, text: string | Buffer, name = 'in.csv') {
  const folder = tempFolder(test);
  const input = join(folder, name);
  writeFileSync(input, text);
  return { folder, input, output: join(folder, `out-${name}`), reject: join(folder, 'rejects.csv') };
}

/** The input of `predict` for a table at a path. */
export function predictInput(
  model: string,
  { input, output }: { input: string; output: string },
  rest: Partial<PredictInput> = {},
): PredictInput {
  return { ref: ref(model), table: { path: input, kindFlag: '--input-format' }, output, workers: 1, ...rest };
}

/** Predicts a table in a folder of its own, with one worker. */
export async function predictText(
  test: Cleanup,
  registry: Registry,
  model: string,
  text: string | Buffer,
  {
    name = 'in.csv',
    reject = false,
    ...rest
  }: Partial<Omit<PredictInput, 'reject'>> & { name?: string; reject?: boolean } = {},
): Promise<PredictedText> {
  const paths = tablePaths(test, text, name);
  const given = predictInput(model, paths, { ...rest, ...(reject ? { reject: paths.reject } : {}) });
  const result = await predict(registry, given);
  return {
    result,
    output: readFileSync(paths.output),
    rejects: reject ? readFileSync(paths.reject, 'utf8') : '',
  };
}

/** The cells of a simple table, in which no cell is quoted. */
export function cellsOf(table: Buffer): string[][] {
  return table
    .toString()
    .trimEnd()
    .split(/\r?\n/)
    .map((line) => line.split(','));
}
