import { MlregError } from '../../core/errors.ts';
import { quote } from '../../core/text/quote.ts';
import type { CodedCells, CollectedOutput } from '../../predict/collected-rows.ts';
import type { ClassifiedRows } from '../metrics/classified-rows.ts';
import { canonicalLabel, inLabelOrder, labelStyle, type LabelStyle } from './class-names.ts';
import { highestOf, severalColumns, singleColumn } from './probability-columns.ts';
import type { PresentRows } from './target.ts';

export interface ClassifyInput {
  target: CodedCells;
  /** The rows of the outputs that have a target. */
  present: PresentRows;
  label: CollectedOutput | null;
  probability: CollectedOutput | null;
  /** The class of each probability, by the user or the model; null: nobody says. */
  classes: readonly string[] | null;
  /** The positive one of two classes, by the user; null: the last. */
  positive: string | null;
}

export interface Classified {
  rows: ClassifiedRows;
  style: LabelStyle;
  warnings: string[];
}

/**
 * Targets and predictions as classes. Without a label, the class with the highest probability is
 * the predicted one; a single probability is that of the positive of two classes.
 *
 * Which class a probability is of is said by `classes`; else labels 0 to k-1 are the positions; else
 * the labels in order, if there are as many; else, from the model's own label, by which column is
 * highest where it predicts which label. INVALID_INPUT if none of this tells.
 */
export function classify(input: ClassifyInput): Classified {
  const { target, present, label, probability } = input;
  const used = [...new Set(target.codes)].map((code) => target.values[code] ?? '');
  const style = labelStyle(label, input.classes, used);
  const names = input.classes?.map((name) => canonicalLabel(name, style)) ?? null;
  const targets = target.values.map((text) => canonicalLabel(text, style));
  const predictions = label === null ? null : byClass(predictedLabels(label, style, present), names);
  const seen = inLabelOrder([
    ...used.map((text) => canonicalLabel(text, style)),
    ...(predictions === null ? [] : predictions.values),
  ]);
  const warnings: string[] = [];
  if (predictions !== null) warnings.push(...strangers(targets, predictions.values));
  const values = probability === null ? null : probabilityRows(probability, present);
  const columns =
    probability === null || values === null
      ? []
      : probability.width === 1
        ? singleColumn(seen, names, input.positive, style, probability)
        : severalColumns({ seen, names, style, probability, values, predictions, warnings });
  const labels = withPositive(inLabelOrder([...seen, ...columns, ...(names ?? [])]), input.positive, style);
  const places = new Map(labels.map((name, at) => [name, at]));
  const place = (name: string): number => places.get(name) ?? 0;
  const targetPlaces = targets.map(place);
  const classes = Int32Array.from(columns.slice(-(probability?.width ?? 0)), place);
  return {
    style,
    warnings,
    rows: {
      labels,
      target: target.codes.map((code) => targetPlaces[code] ?? 0),
      predicted:
        predictions === null
          ? highest(values ?? new Float32Array(), classes, labels.length, probability?.name ?? '')
          : placed(predictions, place),
      probabilities: values === null ? null : { classes, values },
    },
  };
}

function predictedLabels(
  { data, dtype }: CollectedOutput,
  style: LabelStyle,
  { rows }: PresentRows,
): CodedCells {
  const known = new Map<unknown, number>();
  const count = rows?.length ?? data.length;
  const codes = new Int32Array(count);
  for (let at = 0; at < count; at++) {
    const value = data[rows === null ? at : (rows[at] ?? 0)];
    let code = known.get(value);
    if (code === undefined) known.set(value, (code = known.size));
    codes[at] = code;
  }
  const text = (value: unknown): string =>
    dtype === 'bool' ? String(value === 1) : canonicalLabel(String(value), style);
  return { codes, values: [...known.keys()].map(text) };
}

/** Labels that are positions of the named classes, and not themselves among the names, as classes. */
function byClass({ codes, values }: CodedCells, names: readonly string[] | null): CodedCells {
  const named = values.map((label) => names?.[Number(label)]);
  const isPosition = values.every((label) => /^\d+$/.test(label) && names?.includes(label) === false);
  return isPosition && named.every((name) => name !== undefined)
    ? { codes, values: named.map((name) => name ?? '') }
    : { codes, values };
}

/** A warning if no target is a label that the model gave: the two are written differently. */
function strangers(targets: readonly string[], labels: readonly string[]): string[] {
  const given = new Set(labels);
  if (targets.some((target) => given.has(target))) return [];
  const shown = (words: Iterable<string>): string =>
    inLabelOrder(words)
      .slice(0, 3)
      .map((word) => quote(word))
      .join(', ');
  return [
    `no target is a label of the model: targets such as ${shown(targets)}, labels such as ${shown(given)}; --classes names the classes in the order of the model`,
  ];
}

function placed({ codes, values }: CodedCells, place: (name: string) => number): Int32Array {
  const places = values.map(place);
  return codes.map((code) => places[code] ?? 0);
}

function probabilityRows(
  { data, width }: CollectedOutput,
  { rows }: PresentRows,
): Float32Array | Float64Array {
  const values = data as Float32Array | Float64Array;
  if (rows === null) return values;
  const picked = values.slice(0, rows.length * width);
  for (const [at, row] of rows.entries())
    picked.set(values.subarray(row * width, (row + 1) * width), at * width);
  return picked;
}

function highest(
  values: Float32Array | Float64Array,
  classes: Int32Array,
  labels: number,
  name: string,
): Int32Array {
  const width = classes.length;
  const predicted = new Int32Array(values.length / Math.max(1, width));
  const [only = 0] = classes;
  for (let row = 0; row < predicted.length; row++) {
    if (width > 1) predicted[row] = classes[highestOf(values, row * width, width)] ?? 0;
    else {
      const value = values[row] ?? 0;
      if (value < 0 || value > 1) throw noProbability(name, value, row);
      predicted[row] = value > 0.5 ? only : labels - 1 - only;
    }
  }
  return predicted;
}

function noProbability(name: string, value: number, row: number): MlregError {
  return new MlregError(
    'INVALID_INPUT',
    `output ${quote(name)} is ${value} in row ${row + 1}, which is not a probability`,
    { hint: 'for numbers, use --task regression; or export the model with a sigmoid at its end' },
  );
}

/** With two classes, the positive one is the second. */
function withPositive(labels: string[], positive: string | null, style: LabelStyle): string[] {
  if (positive === null) return labels;
  const own = canonicalLabel(positive, style);
  if (labels.length !== 2)
    throw new MlregError('INVALID_INPUT', `--positive needs two classes, but there are ${labels.length}`, {
      hint: 'omit --positive: metrics of several classes have no positive one',
    });
  if (labels.includes(own)) return [...labels.filter((label) => label !== own), own];
  throw new MlregError('INVALID_INPUT', `--positive ${quote(positive)} is not one of the classes`, {
    hint: `the classes: ${labels.map((label) => quote(label)).join(', ')}`,
  });
}
