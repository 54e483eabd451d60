import type { DriftFinding } from '../../core/measurements/drift.ts';
import { counted } from '../../core/text/numbers.ts';
import { quote } from '../../core/text/quote.ts';
import { binomialSurvival, normalQuantile } from '../../stats/distributions.ts';
import type { ColumnDrift } from '../drift-report.ts';
import type { ColumnSide } from './column-side.ts';

/** What is odd about a column that was compared, besides its distribution. */
export function findingsOf(drift: ColumnDrift, reference: ColumnSide, live: ColumnSide): DriftFinding[] {
  const { name } = drift;
  const found = [
    { kind: 'missing-values' as const, message: missingValues(reference, live) },
    { kind: 'infinite' as const, message: infinite(reference, live) },
    { kind: 'invalid' as const, message: invalid(drift, reference, live) },
    { kind: 'new-categories' as const, message: categories(drift, reference, live) },
    { kind: 'gone-categories' as const, message: categories(drift, live, reference) },
    { kind: 'range' as const, message: range(drift, live) },
    { kind: 'unit' as const, message: unit(drift) },
    { kind: 'approximate' as const, message: approximate(reference, live) },
  ];
  return found.flatMap(({ kind, message }) =>
    message === null
      ? []
      : [{ kind, column: name, message: `${quote(name)} ${verbs[kind]}${message}`, serious: false }],
  );
}

const verbs = {
  'missing-values': 'has more missing values: ',
  infinite: 'has infinite values: ',
  invalid: 'has cells of another type: ',
  'new-categories': 'has new values: ',
  'gone-categories': 'lost values: ',
  range: 'leaves its range: ',
  unit: 'seems to have changed its unit: ',
  approximate: 'has integers beyond 2^53, which were compared as doubles: ',
};

/** What chance explains more often than in one of a thousand columns is not told. */
const chance = 0.001;
const enough = normalQuantile(1 - chance);
const leastRise = 0.01;

function missingValues(reference: ColumnSide, live: ColumnSide): string | null {
  const [before, after] = [reference.missing / reference.rows, live.missing / live.rows];
  const pooled = (reference.missing + live.missing) / (reference.rows + live.rows);
  const error = Math.sqrt(pooled * (1 - pooled) * (1 / reference.rows + 1 / live.rows));
  const rise = after - before;
  if (rise < leastRise || rise <= enough * error) return null;
  return `${percent(before)} before, ${percent(after)} now`;
}

function infinite(reference: ColumnSide, live: ColumnSide): string | null {
  if (reference.infinite + live.infinite === 0) return null;
  return `${reference.infinite} in the reference, ${live.infinite} in the live data, left out`;
}

function invalid({ type }: ColumnDrift, reference: ColumnSide, live: ColumnSide): string | null {
  if (reference.invalid + live.invalid === 0) return null;
  const what = type === 'datetime' ? 'no times' : 'no numbers';
  return `${reference.invalid} in the reference and ${live.invalid} in the live data are ${what}, left out`;
}

const mostNamed = 5;

/** Values of one side that the other lacks. */
function categories({ type }: ColumnDrift, without: ColumnSide, with_: ColumnSide): string | null {
  if (type !== 'categorical') return null;
  const known = valuesOf(without);
  const odd = [...valuesOf(with_)].filter(([value]) => !known.has(value)).sort((a, b) => b[1] - a[1]);
  if (odd.length === 0) return null;
  const named = odd.slice(0, mostNamed).map(([value, rows]) => `${quote(value)} (${counted(rows, 'row')})`);
  const rest = odd.length - named.length;
  return `${named.join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`;
}

function valuesOf({ counts, sorted }: ColumnSide): Map<string, number> {
  if (counts !== null) return counts;
  const own = new Map<string, number>();
  for (const value of sorted ?? []) own.set(String(value), (own.get(String(value)) ?? 0) + 1);
  return own;
}

function range(
  { type, reference: { min, max, count: before } }: ColumnDrift,
  { sorted, count }: ColumnSide,
): string | null {
  if (type !== 'numeric' || sorted === null || min === null || max === null) return null;
  let below = 0;
  while (below < count && (sorted[below] as number) < min) below++;
  let above = 0;
  while (above < count && (sorted[count - 1 - above] as number) > max) above++;
  // Each further row is a new extreme in 2 of n + 1 cases.
  if (below + above === 0 || binomialSurvival(below + above, count, 2 / (before + 1)) > chance) return null;
  const parts = [
    ...(below > 0
      ? [`${counted(below, 'row')} below ${short(min)}, down to ${short(sorted[0] as number)}`]
      : []),
    ...(above > 0
      ? [`${counted(above, 'row')} above ${short(max)}, up to ${short(sorted[count - 1] as number)}`]
      : []),
  ];
  return `${parts.join('; ')} (${percent((below + above) / count)})`;
}

/** How far the logarithms of means and deviations may be from a whole power of ten. */
const slack = 0.1;

/** Means and deviations that are all off by the same power of ten: grams for kilograms. */
function unit({ type, reference, live }: ColumnDrift): string | null {
  const { mean, std } = reference;
  if (type !== 'numeric' || mean === null || std === null || live.mean === null || live.std === null)
    return null;
  const ratio = live.mean / mean;
  const power = Math.round(Math.log10(ratio));
  if (!(ratio > 0) || power === 0 || !Number.isFinite(power) || std === 0 || live.std === 0) return null;
  // Means around 0 are off by any factor.
  if (Math.abs(mean) < 0.1 * std) return null;
  if (Math.abs(Math.log10(ratio) - power) > slack) return null;
  if (Math.abs(Math.log10(live.std / std) - power) > 2 * slack) return null;
  return `mean and deviation are off by 10^${power}: ${short(mean)} before, ${short(live.mean)} now`;
}

function approximate(reference: ColumnSide, live: ColumnSide): string | null {
  return reference.inexact || live.inexact ? 'neighbours may count as equal' : null;
}

export function percent(share: number): string {
  return `${Number((100 * share).toPrecision(3))}%`;
}

function short(value: number): string {
  return String(Number(value.toPrecision(4)));
}
