import { MlregError } from '../../core/errors.ts';
import { counted } from '../../core/text/numbers.ts';
import { quote } from '../../core/text/quote.ts';
import type { CodedCells, CollectedOutput } from '../../predict/collected-rows.ts';
import { canonicalLabel, inLabelOrder, type LabelStyle } from './class-names.ts';

/** The two classes, the positive one last, of which the only column is the probability. */
export function singleColumn(
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
    `${what}, but there ${two.length === 1 ? 'is 1 class' : `are ${two.length} classes`}`,
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
export function severalColumns({
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

/** The position of the highest of `width` values. */
export function highestOf(values: Float32Array | Float64Array, from: number, width: number): number {
  let best = 0;
  for (let at = 1; at < width; at++) if ((values[from + at] ?? 0) > (values[from + best] ?? 0)) best = at;
  return best;
}
