import type { BenchFigures, Figure } from './bench-figures.ts';
import { compareNumbers, noChange, type Change, type ComparedNumber } from '../metadata/metric-change.ts';

export interface BenchComparison {
  /**
   * Whether all measured versions were measured under the same conditions: only then is one called
   * faster.
   */
  comparable: boolean;
  /** Why not; null if they are comparable. */
  reason: string | null;
  /** One for each version: the bench that is shown, null if it has none. */
  runs: (BenchFigures | null)[];
  /** Without changes if the benches are not comparable. */
  figures: ComparedFigure[];
}

export interface ComparedFigure extends ComparedNumber {
  name: 'p50Ms' | 'p95Ms' | 'throughputPerSec';
}

/**
 * For each version, the latest bench that was measured under the same conditions as the others'. If
 * there are no such benches, the latest of each, side by side but unranked.
 */
export function compareBenches(benches: readonly (readonly BenchFigures[])[]): BenchComparison {
  const measured = benches.filter((list) => list.length > 0);
  const alike = (measured[0] ?? []).find((candidate) =>
    measured.every((list) => list.some((bench) => whyApart(candidate, bench) === null)),
  );
  if (measured.length < 2 || alike === undefined) {
    const runs = benches.map((list) => list[0] ?? null);
    const reason =
      measured.length === 0
        ? 'no version has a benchmark'
        : measured.length === 1
          ? 'only one version has a benchmark'
          : whyAnyApart(runs);
    return { comparable: false, reason, runs, figures: figuresOf(runs).map(unranked) };
  }
  const runs = benches.map((list) => list.find((bench) => whyApart(alike, bench) === null) ?? null);
  return { comparable: true, reason: null, runs, figures: figuresOf(runs) };
}

/**
 * Why two measurements cannot be compared; null if they can. Inputs that only one of them has do
 * not matter.
 */
function whyApart(one: BenchFigures, other: BenchFigures): string | null {
  if (one.fingerprint !== other.fingerprint)
    return 'measured with different machines, runtimes, threads or loads';
  // Synthetic inputs also differ when one model has one more input. Recorded inputs were chosen,
  // and latency may depend on them.
  const recorded = one.source !== 'synthetic' || other.source !== 'synthetic';
  if (recorded && one.inputSha256 !== other.inputSha256) return 'measured with different inputs';
  for (const [input, shape] of Object.entries(one.shapes)) {
    const another = Object.hasOwn(other.shapes, input) ? other.shapes[input] : undefined;
    if (another !== undefined && shape.join() !== another.join())
      return 'measured with different input shapes';
  }
  return null;
}

function whyAnyApart(runs: (BenchFigures | null)[]): string {
  const [first, ...others] = runs.filter((run) => run !== null);
  const reasons = others.map((other) => (first === undefined ? null : whyApart(first, other)));
  return reasons.find((reason) => reason !== null) ?? 'not measured under the same conditions';
}

function figuresOf(runs: (BenchFigures | null)[]): ComparedFigure[] {
  const p50 = latency(
    'p50Ms',
    runs.map((run) => run?.p50 ?? null),
  );
  const p95 = latency(
    'p95Ms',
    runs.map((run) => run?.p95 ?? null),
  );
  const values = runs.map((run) => run?.throughputPerSec ?? undefined);
  const throughput = compareNumbers('throughputPerSec', values, 'higher');
  // Throughput has no interval of its own: it is called different if the median is.
  const changes = throughput.changes.map((change, index) =>
    p50.changes[index]?.better === null ? { ...change, better: null } : change,
  );
  return [p50, p95, { ...throughput, name: 'throughputPerSec', changes }];
}

/** Called better or worse only if the 95% intervals do not overlap. */
function latency(name: 'p50Ms' | 'p95Ms', figures: (Figure | null)[]): ComparedFigure {
  const compared = compareNumbers(
    name,
    figures.map((figure) => figure?.value),
    'lower',
  );
  const [first = null, ...others] = figures;
  const changes = compared.changes.map((change, index): Change =>
    areApart(first, others[index] ?? null) ? change : { ...change, better: null },
  );
  return { ...compared, name, changes };
}

function areApart(one: Figure | null, other: Figure | null): boolean {
  const below = (low: Figure | null, high: Figure | null): boolean =>
    low?.high !== null && high?.low !== null && (low?.high ?? 0) < (high?.low ?? 0);
  return below(one, other) || below(other, one);
}

function unranked(figure: ComparedFigure): ComparedFigure {
  return { ...figure, changes: figure.changes.map(() => noChange) };
}
