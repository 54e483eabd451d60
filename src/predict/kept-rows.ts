import type { KeptPrediction } from '../storage/predictions.ts';
import type { CollectedBlock, CollectedOutput } from './collected-rows.ts';

/** The predictions of a block of rows by their keys; a row with an empty key has none. */
export function* keptRows({ rows, cells, outputs }: CollectedBlock): Generator<KeptPrediction> {
  const [keys] = cells;
  const answer = answerOf(outputs);
  if (keys === undefined || answer === undefined) return;
  for (let row = 0; row < rows; row++) {
    const key = keys.values[keys.codes[row] ?? 0] ?? '';
    if (key !== '') yield { key, ...answer(row) };
  }
}

type Answer = (row: number) => Pick<KeptPrediction, 'prediction' | 'score'>;

/**
 * What a model answers for a row: its class, with the probability of that class, if it gives
 * probabilities, and without a class the one with the highest; otherwise its first output.
 */
function answerOf(outputs: readonly CollectedOutput[]): Answer | undefined {
  const isClass = ({ dtype, width }: CollectedOutput): boolean => width === 1 && !dtype.startsWith('float');
  const label = outputs.find(isClass);
  const several = outputs.find(({ dtype, width }) => width > 1 && dtype.startsWith('float'));
  if (several === undefined) {
    const only = outputs.find(({ width }) => width === 1);
    return only && ((row) => ({ prediction: textOf(only, row), score: null }));
  }
  const { width, classes } = several;
  const places = new Map(classes?.map((name, at) => [name, at]));
  return (row) => {
    const best = highest(several, row);
    if (label === undefined) return { prediction: classes?.[best] ?? String(best), score: scoreAt(best) };
    const prediction = textOf(label, row);
    return { prediction, score: scoreAt(places.get(prediction) ?? best) };

    function scoreAt(place: number): number | null {
      const value = Number(several?.data[row * width + place]);
      return Number.isFinite(value) ? value : null;
    }
  };
}

function highest({ data, width }: CollectedOutput, row: number): number {
  let best = 0;
  for (let at = 1; at < width; at++)
    if (Number(data[row * width + at]) > Number(data[row * width + best])) best = at;
  return best;
}

/** As the output has it. */
function textOf({ dtype, data }: CollectedOutput, row: number): string {
  const value = data[row];
  if (dtype === 'bool') return value === 0 ? 'false' : 'true';
  return (dtype === 'float32' || dtype === 'float16') && typeof value === 'number'
    ? shortest(value)
    : String(value);
}

/** The shortest digits that are this float32. */
function shortest(value: number): string {
  for (let digits = 6; digits < 9; digits++) {
    const text = value.toPrecision(digits);
    if (Math.fround(Number(text)) === value) return String(Number(text));
  }
  return String(Number(value.toPrecision(9)));
}
