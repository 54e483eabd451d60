import type { ElementArray } from '../../core/element-types.ts';
import { MlregError } from '../../core/errors.ts';
import { counted } from '../../core/text/numbers.ts';
import { joinData } from '../collected-rows.ts';
import { ModelFailed, type RowModel, type RowOutput, sameOutputs } from './row-model.ts';

/** A row that the model fails on: its place among those that were run. */
export interface FailedRow {
  place: number;
  /** Why the row is rejected. */
  reason: string;
}

/** What a model gave for the rows that it takes, in their order. */
export interface RanRows {
  /** Of the rows that did not fail; empty if all did. */
  outputs: RowOutput[];
  failed: FailedRow[];
  release: () => Promise<void> | undefined;
}

export interface RunRows {
  /**
   * After so many rows that fail, and none that does not, the rest is left: the outputs are empty
   * then. With 1, the first one is enough in any case.
   */
  mostFailed: number;
  /** After each run of the model. */
  onRun: () => void;
}

const nothing = (): undefined => undefined;

/**
 * Runs a model on the first `rows` rows of its feeds. If it fails, halves of them are run, and halves
 * of these, until each row that fails is known: of `k` such rows among `n`, each takes about
 * 2·log2(n/k) runs. GATE_FAILED if it fails on rows together, but on none of them alone.
 */
export async function runRows(
  model: RowModel,
  rows: number,
  { mostFailed, onRun }: RunRows,
): Promise<RanRows> {
  try {
    const { outputs, release } = await model.run(rows);
    onRun();
    return { outputs, failed: [], release };
  } catch (error) {
    onRun();
    if (!(error instanceof ModelFailed)) throw error;
    if (rows === 1)
      return { outputs: [], failed: [{ place: 0, reason: modelFailed(error.message) }], release: nothing };
    return runHalves(model, rows, { mostFailed, onRun }, error.message);
  }
}

async function runHalves(
  model: RowModel,
  rows: number,
  { mostFailed, onRun }: RunRows,
  reason: string,
): Promise<RanRows> {
  const given = model.feeds.map(({ input: { columns }, data }) => data.slice(0, rows * columns.length));
  const parts: RowOutput[][] = [];
  const failed: FailedRow[] = [];
  const isEnough = (): boolean => failed.length >= mostFailed && (mostFailed === 1 || parts.length === 0);

  async function split(from: number, to: number, why: string): Promise<void> {
    const before = failed.length;
    const middle = (from + to) >> 1;
    await part(from, middle);
    if (!isEnough()) await part(middle, to);
    if (failed.length === before) throw failsTogether(to - from, why);
  }

  async function part(from: number, to: number): Promise<void> {
    for (const [at, { input, data }] of model.feeds.entries()) {
      const width = input.columns.length;
      const own = given[at] ?? [];
      for (let cell = 0; cell < (to - from) * width; cell++) data[cell] = own[from * width + cell] as never;
    }
    let why: string;
    try {
      const { outputs, release } = await model.run(to - from);
      sameOutputs(parts[0] ?? null, outputs);
      parts.push(
        outputs.map((output) => ({
          ...output,
          // The model's memory is released.
          data: output.data.slice(0, (to - from) * output.width) as ElementArray,
        })),
      );
      await release();
      return;
    } catch (error) {
      if (!(error instanceof ModelFailed)) throw error;
      why = error.message;
    } finally {
      onRun();
    }
    if (to - from === 1) failed.push({ place: from, reason: why });
    else await split(from, to, why);
  }

  await split(0, rows, reason);
  const outputs = (parts[0] ?? []).map((output, at) => ({
    ...output,
    data: joinData(parts.map((one) => one[at]?.data ?? [])),
  }));
  const reasons = failed.map(({ place, reason: why }) => ({ place, reason: modelFailed(why) }));
  return { outputs, failed: reasons, release: nothing };
}

/** The places among `rows` that did not fail. */
export function placesThatRan(rows: number, failed: readonly FailedRow[]): Int32Array {
  const places = new Int32Array(rows - failed.length);
  let [next, kept] = [0, 0];
  for (let row = 0; row < rows; row++)
    if (failed[next]?.place === row) next++;
    else places[kept++] = row;
  return places;
}

function modelFailed(reason: string): string {
  return `the model failed: ${reason}`;
}

function failsTogether(rows: number, reason: string): MlregError {
  return new MlregError(
    'GATE_FAILED',
    `the model fails on ${counted(rows, 'row')} at a time, but on none of them alone: ${reason}`,
    { hint: 'run it on fewer rows at a time: --batch 1' },
  );
}

/**
 * The model is to blame, and not the rows, if it fails on so many before it predicts the first one:
 * then it would be run on each row of the table.
 */
export const mostFailedFirst = 1024;

/** Rows that a model fails on, counted over a table. */
export interface Failures {
  /** `where`: how a message names a row. */
  add<Row extends { reason: string }>(
    failed: { count: number; first: Row | null },
    where: (first: Row) => string,
  ): void;
  count(): number;
  /** For a model that predicted no row. */
  error(): MlregError;
}

export function countFailures(): Failures {
  let count = 0;
  let said = '';
  return {
    add(failed, where) {
      if (failed.first !== null && count === 0) said = `${where(failed.first)}: ${failed.first.reason}`;
      count += failed.count;
    },
    count: () => count,
    error() {
      const which = count === 1 ? 'did not predict the only row' : `predicted none of the ${count} rows`;
      return new MlregError('GATE_FAILED', `the model ${which} that it got; ${said}`, {
        hint: 'check the columns (--columns, --map), and whether the model runs at all: mlreg bench REF',
      });
    },
  };
}
