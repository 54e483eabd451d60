import type { ColumnDrift, DriftReport } from '../../drift/drift-report.ts';
import { counted } from '../format.ts';

/** The number that decided, as people write it: `p 0.012`, `0.31`. */
export function scoreText({ pvalue, adjusted, statistic }: ColumnDrift): string {
  const p = adjusted ?? pvalue;
  return p === null ? short(statistic ?? Infinity) : `p ${short(p)}`;
}

export function limitText({ pvalue, threshold }: ColumnDrift): string {
  return pvalue === null ? `from ${short(threshold)}` : `below ${short(threshold)}`;
}

export function short(value: number): string {
  if (value === Infinity) return '∞';
  const rounded = Number(value.toPrecision(3));
  return Math.abs(rounded) >= 1e-4 || rounded === 0 ? String(rounded) : rounded.toExponential(1);
}

/** `12 of 30 columns drifted` and what counts as drift of the data. */
export function verdictText({ driftedColumns, judgedColumns, shareThreshold }: DriftReport): string {
  return `${driftedColumns} of ${counted(judgedColumns, 'column')} drifted (${short(100 * shareThreshold)}% count as drift of the data)`;
}

/** What was compared with what. */
export function sourcesText({ reference, live }: DriftReport): { reference: string; live: string } {
  const of = ({ file, rows }: { file: string | null; rows: number }): string =>
    `${file ?? 'stdin'} (${counted(rows, 'row')})`;
  const { kind, error } = reference;
  const off = error === null || error === 0 ? 'exact' : `shares of rows within ${short(100 * error)}%`;
  const stored = kind === 'profile' ? `stored profile of ${of(reference)}, ${off}` : of(reference);
  return { reference: stored, live: of(live) };
}

/** Those that drifted first, then by how far the score is beyond the threshold. */
export function worstFirst(columns: readonly ColumnDrift[]): ColumnDrift[] {
  return columns.toSorted(
    (one, other) => Number(other.drifted) - Number(one.drifted) || excess(other) - excess(one),
  );
}

function excess({ pvalue, adjusted, statistic, threshold }: ColumnDrift): number {
  const p = adjusted ?? pvalue;
  if (p === null) return Math.log((statistic ?? Infinity) / threshold);
  return Math.log(threshold / Math.max(p, Number.MIN_VALUE));
}
