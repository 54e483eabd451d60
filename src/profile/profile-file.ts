import * as z from 'zod';
import { MlregError } from '../core/errors.ts';
import type { ColumnSummary } from '../core/measurements/profile.ts';
import { type ColumnState, countOf } from './column-state.ts';
import { describeProfile, type Profile } from './profile.ts';
import type { OrderStatistics } from './order-statistics.ts';

const formatName = 'mlreg-profile';
/** Increased if a reader of the previous one would misread a profile. */
const formatVersion = 1;

/** What a column has besides its summary: all that merging and comparing need. */
export type ColumnDetail = z.output<typeof columnDetail>;

const rows = z.int().nonnegative();
const columnDetail = z.object({
  asked: z.enum(['numeric', 'categorical', 'datetime', 'text']).nullable(),
  numbers: z
    .object({
      integer: z.boolean(),
      moments: z.object({ mean: z.number(), m2: z.number(), m3: z.number(), m4: z.number() }).nullable(),
      order: z.object({
        values: z.array(z.number()),
        gaps: z.array(rows),
        at: z.array(rows),
        uncertain: z.number().nonnegative(),
      }),
    })
    .nullable(),
  texts: z
    .object({ count: rows, categories: z.array(z.tuple([z.string(), rows])).nullable(), others: rows })
    .nullable(),
  sketch: z.base64().nullable(),
});

const columnSummary = z.object({
  name: z.string(),
  type: z.enum(['numeric', 'categorical', 'datetime', 'text', 'empty']),
  values: z.enum(['number', 'datetime', 'text', 'none']),
  count: rows,
  missing: rows,
  infinite: rows,
  invalid: rows,
  distinct: rows.nullable(),
  distinctIsExact: z.boolean(),
  redacted: z.boolean(),
});
const column = columnSummary.extend({ detail: columnDetail });
const document = z.object({
  format: z.literal(formatName),
  schema: z.int(),
  rows,
  sources: z.array(z.object({ file: z.string().nullable(), digest: z.string(), rows })),
  columns: z.array(column),
  outputs: z.array(column).nullable(),
});

/** A profile as the text of a file. The same data gives the same bytes. */
export function profileText(profile: Profile): string {
  const { rows: count, sources, error, columns, outputs } = describeProfile(profile);
  const described = (summaries: readonly ColumnSummary[], states: readonly ColumnState[]) =>
    summaries.map((summary, at) => ({ ...summary, detail: detailOf(states[at] as ColumnState) }));
  const lines = (given: readonly object[]): string =>
    given.length === 0 ? '[]' : `[\n${given.map((one) => `  ${JSON.stringify(one)}`).join(',\n')}\n]`;
  const head = { format: formatName, schema: formatVersion, rows: count, sources, error };
  // A column a line: people can look at it, and diff it.
  const ofOutputs = outputs === null ? 'null' : lines(described(outputs, profile.outputs ?? []));
  return `${JSON.stringify(head).slice(0, -1)},\n"columns": ${lines(described(columns, profile.columns))},\n"outputs": ${ofOutputs}}\n`;
}

/** Reads what `profileText` wrote. INVALID_INPUT, with `what` as its name, for another text. */
export function parseProfile(text: string, what: string): Profile {
  const refuse = (why: string, hint: string, cause?: unknown): MlregError =>
    new MlregError('INVALID_INPUT', `${what} ${why}`, { hint, cause });
  const make = 'make one: mlreg profile DATA -o FILE.json';
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw refuse('is not JSON, so it is no profile', make, cause);
  }
  const { format, schema } = (json ?? {}) as Record<string, unknown>;
  if (format !== formatName) throw refuse('is no profile of mlreg', make);
  if (typeof schema === 'number' && schema > formatVersion)
    throw refuse(
      `has schema ${schema}, and this mlreg reads profiles up to schema ${formatVersion}`,
      'use a newer mlreg',
    );
  const read = document.safeParse(json);
  if (!read.success) {
    const [issue] = read.error.issues;
    throw refuse(`is a damaged profile: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`, make);
  }
  const { rows: count, sources, columns, outputs } = read.data;
  try {
    return {
      rows: count,
      sources,
      columns: columns.map(({ detail, ...summary }) => stateOf(summary, detail)),
      outputs: outputs?.map(({ detail, ...summary }) => stateOf(summary, detail)) ?? null,
    };
  } catch (error) {
    if (error instanceof Damaged) throw refuse(`is a damaged profile: ${error.message}`, make);
    throw error;
  }
}

/** What is stored beside the summaries of the columns. */
export function detailOf({ asked, numbers, texts, sketch }: ColumnState): ColumnDetail {
  const fits = numbers !== null && Object.values(numbers.moments).every(Number.isFinite);
  return {
    asked,
    numbers: numbers && {
      integer: numbers.integer,
      // Sums of huge numbers are infinite, which JSON cannot say.
      moments: fits
        ? {
            mean: numbers.moments.mean,
            m2: numbers.moments.m2,
            m3: numbers.moments.m3,
            m4: numbers.moments.m4,
          }
        : null,
      order: packed(numbers.order),
    },
    texts: texts && { ...texts, categories: texts.categories && [...texts.categories] },
    sketch: sketch && Buffer.from(sketch).toString('base64'),
  };
}

class Damaged extends Error {}

/** The state of a column as it was stored. */
export function stateOf(summary: z.output<typeof columnSummary>, detail: ColumnDetail): ColumnState {
  const { name, values, missing, infinite, invalid, distinct, distinctIsExact, redacted, type, count } =
    summary;
  const { numbers, texts } = detail;
  const order = numbers && unpacked(numbers.order, name);
  const { NaN: none } = Number;
  const sketch = detail.sketch === null ? null : new Uint8Array(Buffer.from(detail.sketch, 'base64'));
  if (sketch !== null && sketch.length !== 2048) throw new Damaged(`the sketch of ${name} is not 2048 bytes`);
  const state: ColumnState = {
    name,
    values,
    asked: detail.asked,
    missing,
    infinite,
    invalid,
    distinct,
    distinctIsExact,
    sketch,
    numbers: numbers &&
      order && {
        integer: numbers.integer,
        moments: { ...(numbers.moments ?? { mean: none, m2: none, m3: none, m4: none }), n: order.n },
        order,
      },
    texts: texts && { ...texts, categories: texts.categories && new Map(texts.categories) },
    redacted,
    typeBefore: redacted ? type : null,
    countBefore: redacted ? count : 0,
  };
  if (countOf(state) !== count && !redacted && values !== 'none')
    throw new Damaged(`column ${name} has count ${count}, but values of ${countOf(state)} rows`);
  return state;
}

/** The steps of the counts instead of the counts: they are short. */
function packed({
  values,
  below,
  upTo,
  uncertain,
}: OrderStatistics): NonNullable<ColumnDetail['numbers']>['order'] {
  return {
    values: [...values],
    gaps: [...below].map((count, at) => count - (at === 0 ? 0 : (upTo[at - 1] as number))),
    at: [...upTo].map((count, at) => count - (below[at] as number)),
    uncertain,
  };
}

function unpacked(
  { values, gaps, at, uncertain }: NonNullable<ColumnDetail['numbers']>['order'],
  name: string,
): OrderStatistics {
  if (gaps.length !== values.length || at.length !== values.length)
    throw new Damaged(`the order statistics of ${name} differ in length`);
  const below = new Float64Array(values.length);
  const upTo = new Float64Array(values.length);
  let n = 0;
  for (const [place, value] of values.entries()) {
    if (place > 0 && !(value > (values[place - 1] as number)))
      throw new Damaged(`the order statistics of ${name} are not in order`);
    n += gaps[place] as number;
    below[place] = n;
    n += at[place] as number;
    upTo[place] = n;
  }
  return { n, values: Float64Array.from(values), below, upTo, uncertain };
}
