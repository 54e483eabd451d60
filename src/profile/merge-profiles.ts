import { MlregError } from '../core/errors.ts';
import { quote } from '../core/text/quote.ts';
import { type ColumnState, countOf, type NumberFacts, type TextFacts } from './column-state.ts';
import { typeOf } from './describe-column.ts';
import { estimateDistinct, mergeSketches } from './distinct-sketch.ts';
import { mergeMoments, noMoments } from './moments.ts';
import { isComplete, mergeOrder, profileSteps } from './order-statistics.ts';
import type { Profile } from './profile.ts';

/** A profile, and its name in messages. */
export interface NamedProfile {
  what: string;
  profile: Profile;
}

/**
 * The profile of all rows of several. INVALID_INPUT if they have other columns, or a column holds
 * numbers in one and texts in another. Outputs are merged if all have them.
 */
export function mergeProfiles(parts: readonly NamedProfile[]): Profile {
  const outputs = parts.map(({ what, profile }) => ({ what, columns: profile.outputs }));
  return {
    rows: parts.reduce((sum, { profile }) => sum + profile.rows, 0),
    sources: parts.flatMap(({ profile }) => profile.sources),
    columns: mergeColumns(parts.map(({ what, profile }) => ({ what, columns: profile.columns }))),
    outputs: outputs.every(hasColumns) ? mergeColumns(outputs) : null,
  };
}

interface Columns {
  what: string;
  columns: ColumnState[];
}

function hasColumns(part: { what: string; columns: ColumnState[] | null }): part is Columns {
  return part.columns !== null;
}

function mergeColumns(parts: readonly Columns[]): ColumnState[] {
  const [first] = parts;
  if (first === undefined) return [];
  const byName = parts.map(({ what, columns }) => ({
    what,
    columns: new Map(columns.map((column) => [column.name, column])),
  }));
  const names = new Set(first.columns.map(({ name }) => name));
  for (const { what, columns } of byName) {
    const lost = [...names].find((name) => !columns.has(name));
    const further = [...columns.keys()].find((name) => !names.has(name));
    if (lost !== undefined) throw otherColumns(lost, first.what, what);
    if (further !== undefined) throw otherColumns(further, what, first.what);
  }
  return [...names].map((name) =>
    mergeColumn(
      byName.map(({ what, columns }) => ({ what, column: columns.get(name) as ColumnState })),
      name,
    ),
  );
}

function otherColumns(name: string, present: string, absent: string): MlregError {
  return new MlregError(
    'INVALID_INPUT',
    `${present} has a column ${quote(name)}, but ${absent} has none of that name`,
    { hint: 'merge profiles of parts of the same data' },
  );
}

function mergeColumn(all: readonly { what: string; column: ColumnState }[], name: string): ColumnState {
  const holding = all.filter(({ column }) => column.values !== 'none');
  const [first, ...others] = holding.length === 0 ? all : holding;
  if (first === undefined) throw new Error('no profile to merge');
  const other = others.find(({ column }) => column.values !== first.column.values);
  if (other !== undefined)
    throw new MlregError(
      'INVALID_INPUT',
      `column ${quote(name)} holds ${first.column.values} in ${first.what}, but ${other.column.values} in ${other.what}`,
      { hint: `profile the parts with the same type: --type ${name}=categorical` },
    );
  const columns = all.map(({ column }) => column);
  const sum = (of: (column: ColumnState) => number): number =>
    columns.reduce((total, column) => total + of(column), 0);
  const redacted = columns.some((column) => column.redacted);
  const asked = columns.every((column) => column.asked === first.column.asked) ? first.column.asked : null;
  const facts = columns.filter((column) => countOf(column) > 0);
  const numbers = redacted ? null : mergeNumbers(facts);
  const texts = redacted ? null : mergeTexts(facts);
  const sketches = facts.flatMap(({ sketch }) => (sketch === null ? [] : [sketch]));
  const sketch = redacted || sketches.length < facts.length ? null : mergeSketches(sketches);
  const exact =
    facts.length === 0
      ? 0
      : facts.length === 1 && facts[0]?.distinctIsExact === true
        ? facts[0].distinct
        : exactDistinct(facts, numbers, texts);
  return {
    name,
    values: first.column.values,
    asked,
    missing: sum((column) => column.missing),
    infinite: sum((column) => column.infinite),
    invalid: sum((column) => column.invalid),
    distinct: exact ?? (sketch === null ? null : estimateDistinct(sketch)),
    distinctIsExact: exact !== null,
    sketch,
    numbers,
    texts,
    redacted,
    typeBefore: redacted ? mergedType(facts, first.column) : null,
    countBefore: redacted ? sum(countOf) : 0,
  };
}

/** The type of a redacted column, which one that has lost its values cannot tell. */
function mergedType(facts: readonly ColumnState[], first: ColumnState) {
  const types = new Set((facts.length === 0 ? [first] : facts).map(typeOf));
  const rank = ['text', 'numeric', 'datetime', 'categorical', 'empty'] as const;
  return rank.find((type) => types.has(type)) ?? 'empty';
}

function mergeNumbers(columns: readonly ColumnState[]): NumberFacts | null {
  const facts = columns.flatMap(({ numbers }) => (numbers === null ? [] : [numbers]));
  if (facts.length === 0) return null;
  return {
    integer: facts.every(({ integer }) => integer),
    moments: facts.reduce((sum, { moments }) => mergeMoments(sum, moments), noMoments),
    order: mergeOrder(
      facts.map(({ order }) => order),
      profileSteps,
    ),
  };
}

function mergeTexts(columns: readonly ColumnState[]): TextFacts | null {
  const facts = columns.flatMap(({ texts }) => (texts === null ? [] : [texts]));
  if (facts.length === 0) return null;
  const count = facts.reduce((sum, one) => sum + one.count, 0);
  const categories = new Map<string, number>();
  for (const { categories: own } of facts) {
    if (own === null) return { count, categories: null, others: 0 };
    for (const [text, rows] of own) categories.set(text, (categories.get(text) ?? 0) + rows);
  }
  return { count, categories, others: facts.reduce((sum, one) => sum + one.others, 0) };
}

/** Null if it can only be estimated. */
function exactDistinct(
  columns: readonly ColumnState[],
  numbers: NumberFacts | null,
  texts: TextFacts | null,
): number | null {
  if (texts !== null) return texts.categories === null || texts.others > 0 ? null : texts.categories.size;
  if (numbers === null || !columns.every((one) => one.numbers !== null && isComplete(one.numbers.order)))
    return null;
  const { order } = numbers;
  return isComplete(order) ? order.upTo.filter((upTo, at) => upTo > (order.below[at] ?? 0)).length : null;
}
