import { mcnemar, pairedDifference, type PairedCounts } from '../../stats/paired-shares.ts';
import { specialFunctions } from '../../stats/special.ts';
import { rowStatistics } from '../intervals.ts';
import { topSizes, type ClassificationMetrics } from '../metrics/classification.ts';
import { classScores, type ClassifiedRows } from '../metrics/classified-rows.ts';
import { confusionMetrics } from '../metrics/confusion.ts';
import { targetRanks } from '../metrics/probability-metrics.ts';
import { resampleCells, type BootstrapOptions } from '../resampling/bootstrap.ts';
import { confusionCells, metricsOfCells } from '../resampling/confusion-cells.ts';
import { bootstrapTest, fewestRows, pairedResamples, rowTests, type Pair } from './difference-tests.ts';
import type { PairedTest, PairedTests } from './paired-test.ts';

/** One side of a comparison: rows, and the metrics of them. */
export interface ComparedClasses {
  rows: ClassifiedRows;
  metrics: ClassificationMetrics['metrics'];
}

/**
 * Tests every metric that both sides have, on the same rows, which are taken as drawn
 * independently: accuracy and top-k by McNemar's exact test, the area under the ROC curve by
 * DeLong's, others by a paired bootstrap of rows or of the cells of both confusion matrices. Not
 * tested are micro averages, which are the accuracy, and `ece` and `roc_auc_ovo`, which have no
 * interval either.
 *
 * @param baseline with the same labels and targets as the candidate
 */
export async function compareClassification(
  baseline: ComparedClasses,
  candidate: ComparedClasses,
  options: BootstrapOptions = {},
): Promise<PairedTests> {
  const functions = await specialFunctions();
  const { target } = baseline.rows;
  const found = new Map<string, PairedTest | string>();
  const pairs = pairsOf(baseline.metrics, candidate.metrics);
  const choices = { resamples: pairedResamples, ...options };

  for (const [name, counts] of sharesOfRows(baseline.rows, candidate.rows)) {
    const pair = pairs.get(name);
    if (pair !== undefined) found.set(name, mcnemarTest(pair, counts));
  }
  for (const [name, test] of cellTests(baseline.rows, candidate.rows, pairs, choices))
    if (!found.has(name)) found.set(name, test);
  const ofBaseline = rowStatistics(baseline.rows, baseline.metrics);
  const ofCandidate = rowStatistics(candidate.rows, candidate.metrics);
  for (const one of ofBaseline) {
    const other = ofCandidate.find(({ names }) => names[0] === one.names[0]);
    if (other === undefined) continue;
    const sides = { baseline: one, candidate: other };
    for (const [name, test] of rowTests(sides, pairs, target.length, functions, choices))
      found.set(name, test);
  }
  return inOrder(pairs, found);
}

export function pairsOf(
  baseline: Readonly<Record<string, unknown>>,
  candidate: Readonly<Record<string, unknown>>,
): Map<string, Pair> {
  const pairs = new Map<string, Pair>();
  for (const [name, value] of Object.entries(baseline)) {
    const other = candidate[name];
    if (typeof value === 'number' && typeof other === 'number')
      pairs.set(name, { name, baseline: value, candidate: other });
  }
  return pairs;
}

export function inOrder(
  pairs: ReadonlyMap<string, Pair>,
  found: ReadonlyMap<string, PairedTest | string>,
): PairedTests {
  const all: PairedTests = { tests: [], untested: {} };
  for (const name of pairs.keys()) {
    const test = found.get(name);
    if (typeof test === 'string') all.untested[name] = test;
    else if (test !== undefined) all.tests.push(test);
  }
  return all;
}

function sharesOfRows(baseline: ClassifiedRows, candidate: ClassifiedRows): Map<string, PairedCounts> {
  const { labels, target } = baseline;
  const right = (rows: ClassifiedRows) => (row: number) => rows.predicted[row] === target[row];
  const shares = new Map([['accuracy', countPairs(target.length, right(baseline), right(candidate))]]);
  const [one, other] = [baseline, candidate].map((rows) => {
    const scores = classScores(rows);
    return scores === null ? null : targetRanks(target, scores, labels.length);
  });
  if (one && other)
    for (const size of topSizes)
      shares.set(
        `top_${size}_accuracy`,
        countPairs(
          target.length,
          (row) => (one[row] ?? size) < size,
          (row) => (other[row] ?? size) < size,
        ),
      );
  return shares;
}

function countPairs(
  rows: number,
  baseline: (row: number) => boolean,
  candidate: (row: number) => boolean,
): PairedCounts {
  const counts = { both: 0, baselineOnly: 0, candidateOnly: 0, neither: 0 };
  for (let row = 0; row < rows; row++) {
    if (baseline(row)) counts[candidate(row) ? 'both' : 'baselineOnly']++;
    else counts[candidate(row) ? 'candidateOnly' : 'neither']++;
  }
  return counts;
}

function mcnemarTest(pair: Pair, counts: PairedCounts): PairedTest {
  return {
    ...pair,
    delta: pair.candidate - pair.baseline,
    ...pairedDifference(counts),
    p: mcnemar(counts),
    method: 'mcnemar',
  };
}

function cellTests(
  baseline: ClassifiedRows,
  candidate: ClassifiedRows,
  pairs: ReadonlyMap<string, Pair>,
  options: BootstrapOptions,
): [string, PairedTest | string][] {
  const { labels, target } = baseline;
  const names = confusionMetrics.filter((name) => !name.endsWith('_micro'));
  if (target.length < fewestRows)
    return names.map((name) => [name, `there are fewer than ${fewestRows} rows`]);
  const cells = confusionCells(target, [baseline.predicted, candidate.predicted], labels.length);
  const differences = resampleCells(
    cells,
    (weights) => {
      const one = metricsOfCells(cells, 0, weights, labels.length);
      const other = metricsOfCells(cells, 1, weights, labels.length);
      return names.map((name) => other[name] - one[name]);
    },
    options,
  );
  return names.flatMap((name, at) => {
    const pair = pairs.get(name);
    return pair === undefined ? [] : [[name, bootstrapTest(pair, differences[at] ?? new Float64Array())]];
  });
}
