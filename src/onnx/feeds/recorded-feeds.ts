import { quote } from '../../core/text/quote.ts';
import type { Signature } from '../../core/versions/signature.ts';
import { elementBytes, isFeedDtype, type TensorValue } from './feed-dtypes.ts';
import type { GivenValue } from '../golden/golden-case.ts';
import { readGoldenSet } from '../golden/golden-set.ts';

/** Inputs that lie in files, as golden sets do: each case is one inference. */
export interface RecordedFeeds {
  /** Where each file is, by its path in the set. */
  files: Map<string, string>;
  /** Of the model that is fed. */
  signature: Signature;
  /** Positions of the cases to feed, in the order they take turns. */
  cases: number[];
}

/** The inputs of one case, before they are read. */
export interface FeedCase {
  /**
   * `cases[0]` of a JSON file, or the name of a data set's folder, less its number where that
   * folder itself was registered.
   */
  name: string;
  /** Why it is not fed; null: it can be. */
  unfed: string | null;
  /** Shape by input, in the order of the model's inputs. */
  shapes: Record<string, number[]>;
  /** What its tensors take, strings counted at 16 each; at least the size of their files. */
  bytes: number;
  /** Reads all elements and keeps none. INVALID_INPUT for what is wrong in them. */
  check(): void;
  load(): NamedValue[];
}

/** A tensor for an input. */
export interface NamedValue extends TensorValue {
  name: string;
}

/**
 * The inputs that files of a golden set, or like one, hold for a model. INVALID_INPUT as
 * `readGoldenSet`; expected outputs are passed over. Elements are read case by case, on demand.
 */
export function readFeedCases(files: ReadonlyMap<string, string>, signature: Signature): FeedCase[] {
  return readGoldenSet(files, signature, 'feeds').map(({ name, unfed, inputs }): FeedCase => {
    const values = signature.inputs.flatMap((input): [string, GivenValue][] => {
      const value = inputs.get(input.name);
      return value === undefined ? [] : [[input.name, value]];
    });
    const heads = values.map(([input, value]) => ({ input, value, ...value.head() }));
    // A decoder's first step has an empty past beside its tokens.
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

/** The chosen cases, in memory. */
export function loadRecorded({ files, signature, cases }: RecordedFeeds): NamedValue[][] {
  const all = readFeedCases(files, signature);
  return cases.map((at) => all[at]?.load() ?? []);
}
