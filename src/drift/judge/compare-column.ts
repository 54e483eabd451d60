import type { DriftMethod } from '../../core/measurements/drift.ts';
import { MlregError } from '../../core/errors.ts';
import { quote } from '../../core/text/quote.ts';
import { chiSquareTest, zTest } from '../../stats/category-tests.ts';
import { type BinnedCounts, divergences } from '../../stats/divergences.ts';
import { countBins, decileEdges, equalEdges, sturgesEdges } from '../../stats/histogram-bins.ts';
import { ksTest } from '../../stats/kolmogorov-smirnov.ts';
import type { SpecialFunctions } from '../../stats/special.ts';
import { populationDeviation, sampleDistances } from '../../stats/two-sample-distances.ts';
import type { BinRule, ColumnDrift, DriftMeasures, TestResult } from '../drift-report.ts';
import { defaultMethod, defaultThreshold, isDrift, isTest } from './choose-method.ts';
import { type ColumnSide, countDistinct, valueCounts } from './column-side.ts';
import { finiteOrNull, histogramOf, summaryOfNumbers, summaryOfTexts } from './summarize-side.ts';

export interface JudgeOptions {
  /** Of columns by name. */
  methods: ReadonlyMap<string, DriftMethod>;
  /** Of all others that it can judge. */
  method: DriftMethod | null;
  thresholds: ReadonlyMap<string, number>;
  threshold: number | null;
  /** `sturges`, `deciles` or a number of bins of equal width. */
  bins: 'sturges' | 'deciles' | number;
}

/** Numbers with no more values in the reference are binned value by value. */
const mostValueBins = 20;
/** An integer column with no more values is categorical, as Evidently takes it. */
const mostIntegerCategories = 10;
const mostListed = 20;

/** Compares two sides of one kind, each with at least one value. */
export function compareColumn(
  name: string,
  reference: ColumnSide,
  live: ColumnSide,
  asked: 'numeric' | 'categorical' | null,
  options: JudgeOptions,
  special: SpecialFunctions,
): ColumnDrift {
  const { type, binned, values, distinct, bins } = binnedOf(reference, live, asked, options.bins);
  const measures = measure(reference, live, binned, values, special);
  const method = methodOf(name, type, reference.count, distinct, measures, options);
  const { statistic, pvalue } = valueOf(method, measures);
  const threshold = options.thresholds.get(name) ?? options.threshold ?? defaultThreshold(method);
  const shift = measures.psiDeciles ?? measures.psi;
  return {
    name,
    type: reference.kind === 'datetime' && type === 'numeric' ? 'datetime' : type,
    method,
    statistic,
    pvalue,
    adjusted: null,
    threshold,
    drifted: isDrift(method, pvalue ?? statistic ?? Infinity, threshold),
    shift: shift < 0.1 ? 'none' : shift < 0.25 ? 'moderate' : 'major',
    missing: [reference.missing, live.missing],
    infinite: [reference.infinite, live.infinite],
    invalid: [reference.invalid, live.invalid],
    bins,
    measures,
    reference: reference.sorted === null ? summaryOfTexts(reference) : summaryOfNumbers(reference.sorted),
    live: live.sorted === null ? summaryOfTexts(live) : summaryOfNumbers(live.sorted),
    histogram:
      type === 'numeric' && reference.sorted !== null && live.sorted !== null
        ? histogramOf(reference.sorted, live.sorted)
        : null,
    categories: type === 'categorical' && values !== null ? listed(values) : null,
  };
}

interface Values extends BinnedCounts {
  names: string[];
  reference: number[];
  current: number[];
}

interface Binned {
  type: 'numeric' | 'categorical';
  /** Of bins, or of values. */
  binned: BinnedCounts;
  /** Rows by value, in order; null: too many values. */
  values: Values | null;
  /** Different values of both sides; of numbers with many, at least. */
  distinct: number;
  bins: ColumnDrift['bins'];
}

function binnedOf(
  reference: ColumnSide,
  live: ColumnSide,
  asked: 'numeric' | 'categorical' | null,
  rule: JudgeOptions['bins'],
): Binned {
  const { sorted } = reference;
  const other = live.sorted;
  if (sorted === null || other === null) {
    const values = textValues(reference, live);
    const count = values.names.length;
    return { type: 'categorical', binned: values, values, distinct: count, bins: { rule: 'values', count } };
  }
  const few = countDistinct(sorted, mostValueBins + 1) <= mostValueBins;
  const values = numberValues(sorted, other, asked === 'categorical' ? Infinity : 1000);
  const distinct = values?.names.length ?? Infinity;
  const isInteger = reference.integer && live.integer;
  const type = asked ?? (isInteger && distinct <= mostIntegerCategories ? 'categorical' : 'numeric');
  if (values !== null && (type === 'categorical' || (few && typeof rule !== 'number' && rule !== 'deciles')))
    return { type, binned: values, values, distinct, bins: { rule: 'values', count: distinct } };
  const edges = edgesOf(rule, sorted, other, isInteger);
  const binned = { reference: countBins(sorted, edges), current: countBins(other, edges) };
  const name: BinRule = typeof rule === 'number' ? 'equal' : rule;
  // A value that few rows share has its own bin, however many there are on the other side.
  if (few && values === null && rule === 'sturges') {
    const own = numberValues(sorted, other, Infinity) as Values;
    return { type, binned: own, values: null, distinct, bins: { rule: 'values', count: own.names.length } };
  }
  return { type, binned, values, distinct, bins: { rule: name, count: edges.length - 1 } };
}

function edgesOf(
  rule: JudgeOptions['bins'],
  sorted: Float64Array,
  other: Float64Array,
  isInteger: boolean,
): Float64Array {
  if (rule === 'deciles') return decileEdges(sorted);
  const low = Math.min(sorted[0] as number, other[0] as number);
  const high = Math.max(sorted[sorted.length - 1] as number, other[other.length - 1] as number);
  if (typeof rule === 'number') return equalEdges(low, high, rule);
  return sturgesEdges(low, high, sorted.length + other.length, isInteger);
}

function numberValues(sorted: Float64Array, other: Float64Array, limit: number): Values | null {
  const one = valueCounts(sorted, limit);
  const two = one === null ? null : valueCounts(other, limit);
  if (one === null || two === null) return null;
  const all = [...new Set([...one.keys(), ...two.keys()])].sort((a, b) => a - b);
  if (all.length > limit) return null;
  return {
    names: all.map(String),
    reference: all.map((value) => one.get(value) ?? 0),
    current: all.map((value) => two.get(value) ?? 0),
  };
}

function textValues(reference: ColumnSide, live: ColumnSide): Values {
  const one = countsOf(reference);
  const two = countsOf(live);
  const all = [...new Set([...one.keys(), ...two.keys()])].sort();
  return {
    names: all,
    reference: all.map((value) => one.get(value) ?? 0),
    current: all.map((value) => two.get(value) ?? 0),
  };
}

/** Texts that are not counted one by one are one value. Numbers that are meant as names are texts. */
function countsOf({ counts, sorted, others }: ColumnSide): Map<string, number> {
  const own = new Map(counts);
  for (const [value, rows] of sorted === null ? [] : (valueCounts(sorted, Infinity) ?? []))
    own.set(String(value), rows);
  if (others > 0) own.set('…', (own.get('…') ?? 0) + others);
  return own;
}

function measure(
  reference: ColumnSide,
  live: ColumnSide,
  binned: BinnedCounts,
  values: Values | null,
  special: SpecialFunctions,
): DriftMeasures {
  const { sorted } = reference;
  const other = live.sorted;
  const distances = sorted === null || other === null ? null : sampleDistances(sorted, other);
  const deciles = sorted === null ? null : decileEdges(sorted);
  const chi2 = values === null ? null : chiSquareTest(values, special);
  return {
    ks: distances === null ? null : ksTest(distances.ks, reference.count, live.count),
    wasserstein:
      distances === null || sorted === null
        ? null
        : finiteOrNull(distances.wasserstein / Math.max(populationDeviation(sorted), 0.001)),
    ...divergences(binned),
    psiDeciles:
      deciles === null || sorted === null || other === null
        ? null
        : divergences({ reference: countBins(sorted, deciles), current: countBins(other, deciles) }).psi,
    chi2: chi2 === null ? null : { ...finite(chi2), df: chi2.df },
    z: values === null || values.names.length > 2 ? null : finite(zTest(values, special)),
  };
}

function finite({ statistic, pvalue }: { statistic: number; pvalue: number }): TestResult {
  return { statistic: finiteOrNull(statistic), pvalue };
}

function methodOf(
  name: string,
  type: 'numeric' | 'categorical',
  rows: number,
  distinct: number,
  measures: DriftMeasures,
  { methods, method }: JudgeOptions,
): DriftMethod {
  const own = methods.get(name);
  const usual = defaultMethod(type, rows, distinct);
  if (own !== undefined) {
    if (measures[own] !== null) return own;
    throw new MlregError(
      'INVALID_INPUT',
      `--method ${own} cannot judge column ${quote(name)}: ${why(own, distinct)}`,
      {
        hint: `choose another one, for example ${usual}, or say what the column is: --type ${quote(name)}=numeric`,
      },
    );
  }
  return method !== null && measures[method] !== null ? method : usual;
}

function why(method: DriftMethod, distinct: number): string {
  if (method === 'z') return `it has ${distinct} different values, not two`;
  return method === 'chi2' ? 'it has too many different values' : 'its values are no numbers';
}

function valueOf(
  method: DriftMethod,
  measures: DriftMeasures,
): { statistic: number | null; pvalue: number | null } {
  const found = measures[method];
  if (found === null) throw new Error(`${method} was not computed`);
  if (typeof found === 'number') return { statistic: found, pvalue: null };
  return { statistic: found.statistic, pvalue: isTest(method) ? found.pvalue : null };
}

function listed({ names, reference, current }: Values): ColumnDrift['categories'] {
  const rows = names.map((value, at) => ({
    value,
    reference: reference[at] ?? 0,
    live: current[at] ?? 0,
  }));
  return rows
    .sort((one, other) => other.reference + other.live - one.reference - one.live)
    .slice(0, mostListed);
}
