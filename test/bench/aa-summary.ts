import { binomialCdf, binomialSurvival } from '../../src/stats/distributions.ts';

/** What came of one comparison. */
export interface Comparison {
  /** `same`: a model with itself; `slower`: one that takes a tenth longer. */
  kind: 'same' | 'slower';
  /** `none`: it gave no verdict, such as when the child died. */
  verdict: 'pass' | 'fail' | 'inconclusive' | 'none';
  ratio: number | null;
  /** The ratio of the medians, whatever the gate looked at. */
  medians: number | null;
  /**
   * The 95% interval of the ratio, from the samples that the verdict came from; null: there was
   * none.
   */
  interval: { low: number; high: number } | null;
  look: number | null;
}

export interface Criterion {
  what: string;
  count: number;
  of: number;
  /** The largest share that is allowed. */
  most: number;
  holds: boolean;
}

/** What the model that takes longer must take, in multiples of the other. */
const injected = { from: 1.07, to: 1.13 };

/**
 * The criteria of an honest gate: of comparisons of a model with itself at most 5% fail and at most
 * 10% of the 95% intervals leave out 1; one that takes a tenth longer never passes; every
 * comparison gives a verdict; and that one does take a tenth longer, by the median of all.
 */
export function judgeComparisons(comparisons: readonly Comparison[]): Criterion[] {
  const same = comparisons.filter(({ kind }) => kind === 'same');
  const slower = comparisons.filter(({ kind }) => kind === 'slower');
  const intervals = same.flatMap(({ interval }) => (interval === null ? [] : [interval]));
  const criterion = (what: string, count: number, of: number, most: number): Criterion => ({
    what,
    count,
    of,
    most,
    holds: count <= most * of,
  });
  return [
    criterion(
      'false alarms',
      countOf(same, ({ verdict }) => verdict === 'fail'),
      same.length,
      0.05,
    ),
    criterion(
      '95% intervals without 1',
      countOf(intervals, ({ low, high }) => low > 1 || high < 1),
      intervals.length,
      0.1,
    ),
    criterion(
      'false passes',
      countOf(slower, ({ verdict }) => verdict === 'pass'),
      slower.length,
      0,
    ),
    criterion(
      'no verdict',
      countOf(comparisons, ({ verdict }) => verdict === 'none'),
      comparisons.length,
      0,
    ),
    criterion('slower by something else', isInjected(slower) ? 0 : 1, 1, 0),
  ];
}

function isInjected(slower: readonly Comparison[]): boolean {
  const ratio = medianOf(slower.map(({ medians }) => medians));
  return slower.length === 0 || (ratio !== null && ratio >= injected.from && ratio <= injected.to);
}

function medianOf(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null).toSorted((a, b) => a - b);
  return known[known.length >> 1] ?? null;
}

/**
 * The 95% interval of a share, Clopper and Pearson (1934): the shares for which neither tail of the
 * binomial is below 2.5%.
 */
export function shareInterval(count: number, of: number): { low: number; high: number } {
  return {
    low: count === 0 ? 0 : firstShare((share) => binomialSurvival(count, of, share) >= 0.025),
    high: count >= of ? 1 : firstShare((share) => binomialCdf(count, of, share) <= 0.025),
  };
}

/** The smallest share for which a condition holds that stays true once it is. */
function firstShare(holds: (share: number) => boolean): number {
  let [from, to] = [0, 1];
  for (let halving = 0; halving < 50; halving++) {
    const middle = (from + to) / 2;
    if (holds(middle)) to = middle;
    else from = middle;
  }
  return to;
}

/** The summary as it is printed, whole or of what there is so far. */
export function summaryLines(comparisons: readonly Comparison[]): string[] {
  const kinds = [
    ['same', 'a model with itself'],
    ['slower', 'one with a tenth more to do'],
  ] as const;
  const verdicts = kinds.flatMap(([kind, what]) => {
    const some = comparisons.filter((one) => one.kind === kind);
    if (some.length === 0) return [];
    const counts = (['pass', 'inconclusive', 'fail', 'none'] as const).flatMap((verdict) => {
      const count = countOf(some, (one) => one.verdict === verdict);
      return count === 0 ? [] : [`${count} ${verdict}`];
    });
    const ratios = some.flatMap(({ ratio }) => (ratio === null ? [] : [ratio]));
    const range =
      ratios.length === 0
        ? ''
        : `; ratios ${Math.min(...ratios).toFixed(3)} … ${medianOf(ratios)?.toFixed(3)} … ${Math.max(...ratios).toFixed(3)}`;
    const medians = medianOf(some.map((one) => one.medians));
    return [
      `${what}: ${some.length} comparisons, ${counts.join(', ')}${range}` +
        (medians === null ? '' : `; of medians ${medians.toFixed(3)}`),
    ];
  });
  const criteria = judgeComparisons(comparisons).map(({ what, count, of, most, holds }) => {
    const { low, high } = of === 0 ? { low: 0, high: 1 } : shareInterval(count, of);
    const share = of === 0 ? 'none made' : `${percent(count / of)} (${percent(low)}–${percent(high)})`;
    return `${holds ? 'PASS' : 'FAIL'}  ${what.padEnd(24)} ${`${count} of ${of}`.padEnd(9)} ${share}, at most ${percent(most)}`;
  });
  return [...verdicts, ...criteria];
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)}%`;
}

function countOf<T>(items: readonly T[], holds: (item: T) => boolean): number {
  return items.filter(holds).length;
}
