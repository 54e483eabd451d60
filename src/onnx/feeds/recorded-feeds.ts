import { quote } from '../../core/text/quote.ts';
import type { Signature } from '../../core/versions/signature.ts';
import { elementBytes, isFeedDtype, type TensorValue } from './feed-dtypes.ts';
import type { GivenValue } from '../golden/golden-case.ts';
import { readGoldenSet } from '../golden/golden-set.ts';

/** Inputs in files, in the form of a golden set: each case is one inference. */
export interface RecordedFeeds {
  /** Location of each file, by its path in the set. */
  files: Map<string, string>;
  /** Of the model that gets the inputs. */
  signature: Signature;
  /** Positions of the cases to use, in their order. */
  cases: number[];
}

/** The inputs of one case, not yet read. */
export interface FeedCase {
  /**
   * `cases[0]` of a JSON file, or the name of a data set's folder, without its number if the folder
   * itself was registered.
   */
  name: string;
  /** Why it cannot be used as input; null if it can. */
  unfed: string | null;
  /** Shape by input, in the order of the model's inputs. */
  shapes: Record<string, number[]>;
  /** Bytes of its tensors, strings counted at 16 each; at least the size of their files. */
  bytes: number;
  /** Reads all elements without keeping them. INVALID_INPUT for errors in them. */
  check(): void;
  load(): NamedValue[];
}

/** A tensor for an input. */
export interface NamedValue extends TensorValue {
  name: string;
}

/**
 * The inputs for a model in the files of a golden set or of the same form. INVALID_INPUT as
 * `readGoldenSet` does; ignores expected outputs. Elements are read case by case, on demand.
 */
export function readFeedCases(files: ReadonlyMap<string, string>, signature: Signature): FeedCase[] {
  return readGoldenSet(files, signature, 'feeds').map(({ name, unfed, inputs }): FeedCase => {
    const values = signature.inputs.flatMap((input): [string, GivenValue][] => {
      const value = inputs.get(input.name);
      return value === undefined ? [] : [[input.name, value]];
    });
    const heads = values.map(([input, value]) => ({ input, value, ...value.head() }));
    // In a decoder's first step, the past is empty but the tokens are not.
    const isEmpty = heads.length > 0 && heads.every(({ shape }) => shape.includes(0));
    return {
      name,
      unfed: unfed ?? (isEmpty ? sayEmpty(heads) : null),
      shapes: Object.fromEntries(heads.map(({ input, shape }) => [input, shape])),
      bytes: heads.reduce((sum, head) => sum + sizeOf(head), 0),
      check: () => values.forEach(([, value]) => value.check()),
      load: () => values.map(([input, value]) => ({ name: input, ...value.load() })),
    };
  });
}

function sayEmpty(heads: readonly { input: string; shape: number[] }[]): string {
  const shapes = heads.map(({ input, shape }) => `${quote(input)} [${shape.join(',')}]`).join(', ');
  return heads.length === 1 ? `its input is empty: ${shapes}` : `all its inputs are empty: ${shapes}`;
}

function sizeOf({ dtype, shape, value }: { dtype: string; shape: number[]; value: GivenValue }): number {
  const elements = shape.reduce((product, size) => product * size, 1);
  return Math.max(isFeedDtype(dtype) ? elements * elementBytes[dtype] : 0, value.fileBytes ?? 0);
}

/** The chosen cases, loaded into memory. */
export function loadRecorded({ files, signature, cases }: RecordedFeeds): NamedValue[][] {
  const all = readFeedCases(files, signature);
  return cases.map((at) => all[at]?.load() ?? []);
}
