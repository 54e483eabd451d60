import { MlregError } from '../core/errors.ts';
import type { Direction } from '../core/metadata/metric-direction.ts';
import type { Interval } from '../stats/interval.ts';
import { classificationIntervals, regressionIntervals } from './intervals.ts';
import { classificationMetrics } from './metrics/classification.ts';
import type { ClassifiedRows } from './metrics/classified-rows.ts';
import { regressionMetrics, type RegressionMetric, type RegressionRows } from './metrics/regression.ts';

/** Rows by a column of the data. */
export interface SliceColumn {
  name: string;
  /** For each row, an index into `values`. */
  codes: Int32Array;
  /** As they are written in the data. */
  values: readonly string[];
}

/** A metric of the rows that have the same value in a column. */
export interface Slice {
  value: string;
  rows: number;
  /** Null: undefined on these rows. */
  metric: number | null;
  interval: Interval | null;
  /** Why the metric is null. */
  reason: string | null;
  /** Too few rows to say much: fewer than 30. */
  small: boolean;
}

/** The usual least number for which a mean of rows is close to normal. */
const fewestRows = 30;
/** More are no groups but something like a key. */
const mostSlices = 1000;

export interface SliceOptions {
  metric: string;
  direction: Direction;
  seed?: number;
}

/**
 * The metric of each slice: the worst first, then small ones, then those without a metric.
 *
 * @throws INVALID_INPUT if the column has more than 1,000 different values
 */
export function sliceClassification(
  rows: ClassifiedRows,
  column: SliceColumn,
  options: SliceOptions,
): Slice[] {
  const { metric } = options;
  return slice(column, options, (members, resampling) => {
    const { probabilities } = rows;
    const own: ClassifiedRows = {
      labels: rows.labels,
      target: pick(rows.target, members),
      predicted: pick(rows.predicted, members),
      probabilities: probabilities && {
        classes: probabilities.classes,
        values: pickRows(probabilities.values, members, probabilities.classes.length),
      },
    };
    const { metrics, undefinedMetrics, ...all } = classificationMetrics(own);
    const value = metrics[metric];
    return {
      value: typeof value === 'number' ? value : null,
      reason: undefinedMetrics[metric] ?? null,
      interval: classificationIntervals(own, { ...all, metrics: { [metric]: value ?? null } }, resampling)[
        metric
      ],
    };
  });
}

/** As `sliceClassification`, for numbers. */
export function sliceRegression(
  rows: RegressionRows,
  column: SliceColumn,
  options: SliceOptions & { metric: RegressionMetric },
): Slice[] {
  const { metric } = options;
  return slice(column, options, (members, resampling) => {
    const own = { target: pick(rows.target, members), predicted: pick(rows.predicted, members) };
    const { metrics, undefinedMetrics } = regressionMetrics(own);
    const only = { rows: members.length, metrics: { [metric]: metrics[metric] } };
    return {
      value: metrics[metric],
      reason: undefinedMetrics[metric] ?? null,
      interval: regressionIntervals(own, only, resampling)[metric],
    };
  });
}

/** What all slices together may cost: see `BootstrapOptions`. */
const mostWork = 2e8;

function slice(
  { name, codes, values }: SliceColumn,
  { direction, seed }: SliceOptions,
  measure: (
    members: Uint32Array,
    resampling: { seed?: number; mostWork: number },
  ) => { value: number | null; reason: string | null; interval: Interval | undefined },
): Slice[] {
  const groups = membersOf(codes, values.length);
  const filled = groups.filter(({ length }) => length > 0).length;
  if (filled > mostSlices)
    throw new MlregError(
      'INVALID_INPUT',
      `column ${JSON.stringify(name)} has ${filled} different values: too many to be slices`,
      { hint: `choose a column with at most ${mostSlices} different values` },
    );
  const slices = groups.flatMap((members, at): Slice[] => {
    if (members.length === 0) return [];
    const { value, reason, interval } = measure(members, { seed, mostWork: mostWork / filled });
    return [
      {
        value: values[at] ?? '',
        rows: members.length,
        metric: value,
        interval: interval ?? null,
        reason,
        small: members.length < fewestRows,
      },
    ];
  });
  const worseBy = direction === 'higher' ? 1 : -1;
  const place = ({ metric, small }: Slice): number => (metric === null ? 2 : small ? 1 : 0);
  return slices.sort((a, b) => place(a) - place(b) || worseBy * ((a.metric ?? 0) - (b.metric ?? 0)));
}

/** The rows of each code, in their order. */
function membersOf(codes: Int32Array, groups: number): Uint32Array[] {
  const counts = new Uint32Array(groups);
  for (const code of codes) counts[code] = (counts[code] ?? 0) + 1;
  const members = Array.from(counts, (count) => new Uint32Array(count));
  counts.fill(0);
  for (const [row, code] of codes.entries()) {
    const own = members[code];
    const at = counts[code] ?? 0;
    if (own !== undefined) own[at] = row;
    counts[code] = at + 1;
  }
  return members;
}

function pick<Values extends Int32Array | Float64Array>(values: Values, members: Uint32Array): Values {
  const picked = values.slice(0, members.length) as Values;
  for (const [at, row] of members.entries()) picked[at] = values[row] ?? 0;
  return picked;
}

function pickRows<Values extends Float32Array | Float64Array>(
  values: Values,
  members: Uint32Array,
  width: number,
): Values {
  const picked = values.slice(0, members.length * width) as Values;
  for (const [at, row] of members.entries())
    picked.set(values.subarray(row * width, (row + 1) * width), at * width);
  return picked;
}
