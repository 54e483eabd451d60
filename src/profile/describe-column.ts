import type { ColumnSummary, ColumnType } from '../core/measurements/profile.ts';
import { type ColumnState, countOf } from './column-state.ts';
import { shapeOf } from './moments.ts';
import {
  errorOf,
  histogramOf,
  isComplete,
  type OrderStatistics,
  quantileOf,
  quantileShares,
} from './order-statistics.ts';

/** As Evidently: an integer column with no more distinct values is categorical. */
const mostIntegerCategories = 10;
const mostTop = 10;
/** A profile keeps at most so many categories, each at most so long. */
const mostCategories = 1000;
const longestCategory = 500;

/** What a column is judged as, by its values if nobody has said so. */
export function typeOf(state: ColumnState): ColumnType {
  const { asked, values, numbers, texts, distinct, typeBefore } = state;
  if (typeBefore !== null) return typeBefore;
  if (values === 'none') return 'empty';
  if (asked !== null) return asked;
  if (values === 'datetime') return 'datetime';
  if (numbers !== null) {
    const few = distinct !== null && state.distinctIsExact && distinct <= mostIntegerCategories;
    return numbers.integer && few ? 'categorical' : 'numeric';
  }
  if (texts === null) return 'numeric';
  // Texts that are mostly different name people or things.
  if (texts.categories === null) return 'text';
  return distinct !== null && distinct > 0.5 * texts.count ? 'text' : 'categorical';
}

/** Of a column as it is stored: without values that must not be kept. */
export function withoutSecrets(state: ColumnState, redacted: boolean): ColumnState {
  const type = typeOf(state);
  if (redacted || state.redacted)
    return {
      ...state,
      sketch: null,
      numbers: null,
      texts: null,
      redacted: true,
      typeBefore: type,
      countBefore: countOf(state),
    };
  const { texts } = state;
  if (texts === null || texts.categories === null) return state;
  if (type === 'text') return { ...state, texts: { ...texts, categories: null, others: 0 } };
  const kept = inOrder(texts.categories)
    .filter(([text]) => text.length <= longestCategory)
    .slice(0, mostCategories);
  const rows = kept.reduce((sum, [, count]) => sum + count, 0);
  return { ...state, texts: { ...texts, categories: new Map(kept), others: texts.count - rows } };
}

export function describeColumn(state: ColumnState): ColumnSummary {
  const { name, values, missing, infinite, invalid, distinct, distinctIsExact, numbers, redacted } = state;
  const { order } = numbers ?? {};
  const type = typeOf(state);
  return {
    name,
    type,
    values,
    count: countOf(state),
    missing,
    infinite,
    invalid,
    distinct,
    distinctIsExact,
    integer: numbers === null || values === 'datetime' ? null : numbers.integer,
    ...(numbers === null ? noShape : shapeOf(numbers.moments)),
    min: order?.values[0] ?? null,
    max: order?.values.at(-1) ?? null,
    quantiles:
      order === undefined
        ? null
        : Object.fromEntries(quantileShares.map((share) => [String(share), quantileOf(order, share)])),
    histogram: order === undefined ? null : histogramOf(order),
    top: type === 'categorical' ? topOf(state) : null,
    redacted,
    error: order === undefined ? uncounted(state) : errorOf(order),
  };
}

/** The share of rows whose text is not counted by itself. */
function uncounted({ texts }: ColumnState): number {
  return texts === null || texts.count === 0 || texts.categories === null ? 0 : texts.others / texts.count;
}

const noShape = { mean: null, std: null, skewness: null, kurtosis: null };

function topOf(state: ColumnState): ColumnSummary['top'] {
  const counts = categoriesOf(state);
  if (counts === null) return null;
  return inOrder(counts)
    .slice(0, mostTop)
    .map(([value, count]) => ({ value, count }));
}

/** How often each value occurs; null: not known for all of them. */
export function categoriesOf({ texts, numbers }: ColumnState): Map<string, number> | null {
  if (texts !== null) return texts.categories;
  return numbers !== null && isComplete(numbers.order) ? countsOf(numbers.order) : null;
}

function countsOf({ values, below, upTo }: OrderStatistics): Map<string, number> {
  const counts = new Map<string, number>();
  for (const [at, value] of values.entries()) {
    const count = (upTo[at] as number) - (below[at] as number);
    if (count > 0) counts.set(String(value), count);
  }
  return counts;
}

/** Most frequent first; those of one frequency by their code units, so that nothing else decides. */
function inOrder(counts: ReadonlyMap<string, number>): [text: string, count: number][] {
  return [...counts].sort(([a, one], [b, other]) => other - one || (a < b ? -1 : 1));
}
