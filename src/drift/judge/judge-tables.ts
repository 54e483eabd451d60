import type { Correction, DriftFinding } from '../../core/measurements/drift.ts';
import { MlregError } from '../../core/errors.ts';
import { quote } from '../../core/text/quote.ts';
import type { AskedType } from '../../profile/column-state.ts';
import { correctPvalues } from '../../stats/corrections.ts';
import { specialFunctions } from '../../stats/special.ts';
import type { CellKind, ColumnData, TableData } from '../columns/column-data.ts';
import type { ColumnDrift, SkippedColumn } from '../drift-report.ts';
import { isDrift } from './choose-method.ts';
import { type Buffers, type ColumnSide, loadSide } from './column-side.ts';
import { compareColumn, type JudgeOptions } from './compare-column.ts';
import { findingsOf } from './findings.ts';

export interface TablesOptions extends JudgeOptions {
  types: ReadonlyMap<string, AskedType>;
  correction: Correction | null;
  /** Columns that fill the model's inputs; null: unknown. */
  inputs: ReadonlySet<string> | null;
  /** Columns that are not compared, with the reason. */
  without: ReadonlyMap<string, string>;
  onColumn?: ((done: number, all: number) => void) | undefined;
}

export interface JudgedTables {
  columns: ColumnDrift[];
  skipped: SkippedColumn[];
  findings: DriftFinding[];
}

/** Compares the columns of two tables one by one, by their names, in the order of the reference. */
export async function judgeTables(
  reference: TableData,
  live: TableData,
  options: TablesOptions,
): Promise<JudgedTables> {
  const special = await specialFunctions();
  const liveByName = columnsByName(live);
  const matched = new Set<string>();
  const names = new Set(reference.columns.map(({ name }) => name));
  refuseUnknown(options, names);
  const [one, two] = [buffersFor(reference.rows), buffersFor(live.rows)];
  const columns: ColumnDrift[] = [];
  const skipped: SkippedColumn[] = [];
  const findings: DriftFinding[] = [];
  for (const [at, column] of reference.columns.entries()) {
    const { name } = column;
    const other = liveByName(name);
    if (other !== undefined) matched.add(other.name);
    const isInput = options.inputs?.has(name) === true;
    const skip = (reason: string, kind?: DriftFinding['kind']): void => {
      skipped.push({ name, reason });
      if (kind === undefined) return;
      const what = isInput ? `input ${quote(name)}` : quote(name);
      findings.push({ kind, column: name, message: `${what}: ${reason}`, serious: isInput });
    };
    const left = options.without.get(name);
    if (left !== undefined) skip(left);
    else if (other === undefined) skip('the live data has no such column', 'missing-column');
    else {
      const sides = [await loadSide(column, one), await loadSide(other, two)] as const;
      const reason = incomparable(sides[0], sides[1], options.types.get(name));
      if (reason !== null) skip(reason.why, reason.kind);
      else {
        const judged = compareColumn(name, ...sides, askedOf(options.types.get(name)), options, special);
        columns.push(judged);
        findings.push(...findingsOf(judged, ...sides));
      }
    }
    options.onColumn?.(at + 1, reference.columns.length);
  }
  for (const { name } of live.columns)
    if (!matched.has(name) && !options.without.has(name)) {
      skipped.push({ name, reason: 'the reference has no such column' });
      findings.push({
        kind: 'new-column',
        column: name,
        message: `${quote(name)}: the reference has no such column`,
        serious: false,
      });
    }
  return { columns: corrected(columns, options.correction), skipped, findings };
}

/** Blanks around a name tell columns apart, but do not keep a column from its other side. */
function columnsByName({ columns }: TableData): (name: string) => ColumnData | undefined {
  const exact = new Map(columns.map((column) => [column.name, column]));
  const trimmed = new Map(columns.map((column) => [column.name.trim(), column]));
  return (name) => exact.get(name) ?? trimmed.get(name.trim());
}

function buffersFor(rows: number): Buffers {
  return { own: new Float64Array(rows), scratch: new Float64Array(rows) };
}

const words: Record<CellKind, string> = {
  number: 'numbers',
  datetime: 'times',
  text: 'texts',
  none: 'nothing',
  other: 'nested or binary values',
};

interface Incomparable {
  why: string;
  kind?: DriftFinding['kind'];
}

function incomparable(
  reference: ColumnSide,
  live: ColumnSide,
  asked: AskedType | undefined,
): Incomparable | null {
  if (reference.kind === 'other' || live.kind === 'other')
    return reference.kind === live.kind
      ? { why: `${words.other} are not compared` }
      : { why: retyped(reference, live), kind: 'retyped' };
  const [before, after] = [reference.count > 0, live.count > 0];
  if (!before && !after) return { why: 'no value left on both sides' };
  if (!before) return { why: 'no value left on the reference side' };
  if (!after) return { why: 'no value left on the live side', kind: 'empty' };
  if (reference.kind !== live.kind) return { why: retyped(reference, live), kind: 'retyped' };
  if (reference.kind !== 'text' || asked !== undefined) return null;
  const { counts, count } = reference;
  if ((counts?.size ?? 0) <= 0.5 * count && reference.others === 0) return null;
  return {
    why: 'more than half of its texts differ: a text, not a category (--type COLUMN=categorical compares it)',
  };
}

function retyped(reference: ColumnSide, live: ColumnSide): string {
  return `${words[reference.kind]} in the reference, but ${words[live.kind]} in the live data`;
}

function askedOf(asked: AskedType | undefined): 'numeric' | 'categorical' | null {
  if (asked === 'text') return 'categorical';
  return asked === 'numeric' || asked === 'categorical' ? asked : null;
}

function refuseUnknown({ methods, thresholds, types }: TablesOptions, names: ReadonlySet<string>): void {
  for (const [flag, of] of [
    ['--method', methods],
    ['--threshold', thresholds],
    ['--type', types],
  ] as const)
    for (const [name, value] of of)
      if (!names.has(name) && value !== 'ignore')
        throw new MlregError(
          'INVALID_INPUT',
          `the reference has no column ${quote(name)}, which ${flag} names`,
          {
            hint: `its columns: ${[...names].slice(0, 20).map(quote).join(', ')}`,
          },
        );
}

/** With the p-values of all columns together corrected for being many. */
function corrected(columns: ColumnDrift[], correction: Correction | null): ColumnDrift[] {
  if (correction === null) return columns;
  const tested = columns.filter(({ pvalue }) => pvalue !== null);
  const adjusted = correctPvalues(
    tested.map(({ pvalue }) => pvalue ?? 1),
    correction,
  );
  const own = new Map(tested.map(({ name }, at) => [name, adjusted[at] ?? 1]));
  return columns.map((column) => {
    const p = own.get(column.name);
    return p === undefined
      ? column
      : { ...column, adjusted: p, drifted: isDrift(column.method, p, column.threshold) };
  });
}
