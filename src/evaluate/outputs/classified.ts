import { MlregError } from '../../core/errors.ts';
import { counted } from '../../core/text/numbers.ts';
import { quote } from '../../core/text/quote.ts';
import type { CodedCells, CollectedOutput } from '../../predict/collected-rows.ts';
import type { ClassifiedRows } from '../metrics/classified-rows.ts';
import { canonicalLabel, inLabelOrder, labelStyle, type LabelStyle } from './class-names.ts';
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

/** The two classes, the positive one last, of which the only column is the probability. */
function singleColumn(
  seen: readonly string[],
  names: readonly string[] | null,
  positive: string | null,
  style: LabelStyle,
  { name }: CollectedOutput,
): string[] {
  const known = names ?? (seen.every((one) => one === '0' || one === '1') ? ['0', '1'] : seen);
  const two = inLabelOrder([...known, ...seen]);
  if (two.length === 2) {
    const chosen = positive === null ? known.at(-1) : canonicalLabel(positive, style);
    const other = two.find((one) => one !== chosen) ?? '';
    return [other, two.find((one) => one === chosen) ?? ''];
  }
  const what = `output ${quote(name)} has one value per row, which is a probability of two classes only`;
  throw new MlregError(
    'INVALID_INPUT',
    `${what}, but there ${two.length === 1 ? 'is' : 'are'} ${counted(two.length, 'class')}`.replace(
      'classs',
      'classes',
    ),
    {
      hint:
        two.length < 2
          ? 'name both classes, the positive one last: --classes no,yes'
          : 'for numbers, use --task regression',
    },
  );
}

interface Columns {
  seen: readonly string[];
  names: readonly string[] | null;
  style: LabelStyle;
  probability: CollectedOutput;
  values: Float32Array | Float64Array;
  predictions: CodedCells | null;
  warnings: string[];
}

/** The class of each column. */
function severalColumns({
  seen,
  names,
  style,
  probability: { name, width },
  values,
  predictions,
  warnings,
}: Columns): string[] {
  if (names !== null) {
    if (names.length === width) return [...names];
    throw new MlregError(
      'INVALID_INPUT',
      `there are ${names.length} classes, but output ${quote(name)} has ${width} values per row`,
      { hint: 'list the class of each value, in order: --classes a,b,c' },
    );
  }
  const positions = Array.from({ length: width }, (_, at) => String(at));
  const assumed =
    style === 'number' && seen.every((one) => positions.includes(one))
      ? positions
      : style === 'boolean' && width === 2
        ? ['false', 'true']
        : seen.length === width
          ? [...seen]
          : null;
  if (predictions === null) {
    if (assumed === null) throw unknownColumns(name, width, seen);
    if (assumed !== positions && width > 2)
      warnings.push(
        `the model does not say which class each value of ${quote(name)} is of: taken in the order of the labels (--classes)`,
      );
    return assumed;
  }
  const votes = columnVotes(values, width, predictions);
  if (assumed !== null && agreement(assumed, votes) >= 0.5) return assumed;
  const voted = votes.map((ofColumn) => mostOf(ofColumn));
  const distinct = new Set(voted.filter((one) => one !== null));
  if (distinct.size < voted.filter((one) => one !== null).length) {
    if (assumed === null) throw unknownColumns(name, width, seen);
    warnings.push(
      `the labels of the model seldom are those of the highest value of ${quote(name)}: if its values are in another order, list it with --classes`,
    );
    return assumed;
  }
  const rest = seen.filter((one) => !distinct.has(one));
  const open = voted.filter((one) => one === null).length;
  return voted.map((one, at) => one ?? (open === rest.length ? rest.shift() : undefined) ?? `${name}[${at}]`);
}

/** For each column, how often each label was predicted where it is the highest. */
function columnVotes(
  values: Float32Array | Float64Array,
  width: number,
  { codes, values: labels }: CodedCells,
): Map<string, number>[] {
  const votes = Array.from({ length: width }, () => new Map<string, number>());
  for (const [row, code] of codes.entries()) {
    const ofColumn = votes[highestOf(values, row * width, width)];
    const label = labels[code] ?? '';
    ofColumn?.set(label, (ofColumn.get(label) ?? 0) + 1);
  }
  return votes;
}

/** The share of rows whose label is the assumed class of the highest column. */
function agreement(assumed: readonly string[], votes: readonly Map<string, number>[]): number {
  const all = votes.reduce((sum, ofColumn) => sum + [...ofColumn.values()].reduce((a, b) => a + b, 0), 0);
  const right = votes.reduce((sum, ofColumn, at) => sum + (ofColumn.get(assumed[at] ?? '') ?? 0), 0);
  return all === 0 ? 1 : right / all;
}

function mostOf(votes: ReadonlyMap<string, number>): string | null {
  return [...votes].toSorted(([, a], [, b]) => b - a)[0]?.[0] ?? null;
}

function unknownColumns(name: string, width: number, seen: readonly string[]): MlregError {
  return new MlregError(
    'INVALID_INPUT',
    `output ${quote(name)} has ${width} values per row, but the data has ${counted(seen.length, 'label')}: which value is of which class is not known`,
    { hint: 'list the class of each value, in order: --classes a,b,c' },
  );
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

function highestOf(values: Float32Array | Float64Array, from: number, width: number): number {
  let best = 0;
  for (let at = 1; at < width; at++) if ((values[from + at] ?? 0) > (values[from + best] ?? 0)) best = at;
  return best;
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
