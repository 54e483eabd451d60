import { createHash } from 'node:crypto';
import type { ColumnState } from '../../profile/column-state.ts';
import { describeColumn } from '../../profile/describe-column.ts';
import type { OrderStatistics } from '../../profile/order-statistics.ts';
import type { Profile } from '../../profile/profile.ts';
import type { ColumnData, TableData } from './column-data.ts';

/**
 * A profile as the table that it is of, as far as it tells: each column has as many values as there
 * were, evenly spread between those that the profile has. `redacted`: columns without values. `error`:
 * how far the share of rows below any value can be off. A profile of several files has the hash of
 * their digests.
 */
export function profileColumns({
  rows,
  sources,
  columns,
}: Profile): TableData & { redacted: string[]; error: number } {
  const digests = sources.map(({ digest }) => digest).join('\n');
  const only = sources.length === 1 ? sources[0] : undefined;
  return {
    file: only?.file ?? null,
    sha256: only?.digest.replace('sha256:', '') ?? createHash('sha256').update(digests).digest('hex'),
    rows,
    names: columns.map(({ name }) => name),
    columns: columns.map((column) => columnData(column, rows)),
    redacted: columns.flatMap(({ name, redacted }) => (redacted ? [name] : [])),
    error: columns.reduce((most, column) => Math.max(most, describeColumn(column).error), 0),
    close: () => undefined,
  };
}

function columnData(column: ColumnState, rows: number): ColumnData {
  const { name, values, numbers, texts, infinite, invalid } = column;
  const categories = [...(texts?.categories ?? [])];
  return {
    name,
    kind: values,
    rows,
    invalid: () => invalid,
    load(into) {
      let at = 0;
      if (numbers !== null) at = spread(numbers.order, numbers.integer, into);
      for (const [code, [, count]] of categories.entries()) {
        into.fill(code, at, at + count);
        at += count;
      }
      const others = texts === null ? 0 : texts.count - at;
      if (texts !== null) {
        into.fill(-1, at, at + others);
        at += others;
      }
      into.fill(Infinity, at, at + infinite);
      into.fill(Number.NaN, at + infinite, rows);
      return Promise.resolve();
    },
    texts: () => categories.map(([text]) => text),
    others: () => (texts === null ? 0 : texts.categories === null ? texts.count : texts.others),
  };
}

/** Puts as many numbers as there are into an array, ascending; returns how many. */
function spread({ n, values, below, upTo }: OrderStatistics, integer: boolean, into: Float64Array): number {
  let at = 0;
  for (const [place, value] of values.entries()) {
    const before = below[place] as number;
    const gap = before - at;
    if (gap > 0) {
      const left = values[place - 1] ?? value;
      const step = (value - left) / gap;
      for (let index = 0; index < gap; index++) {
        const between = left + step * (index + 0.5);
        into[at++] = integer ? Math.round(between) : between;
      }
    }
    const until = upTo[place] as number;
    into.fill(value, at, until);
    at = until;
  }
  return n;
}
