import { meanOf } from '../../stats/quantiles.ts';

/** Runs or items per second, with their 95% interval; null bounds: too few runs. */
export interface Rate {
  value: number;
  low: number | null;
  high: number | null;
}

/** A setting that can be the best. */
export interface Candidate {
  /** Its index among the cells. */
  cell: number;
  rate: Rate;
}

export interface BestSetting {
  cell: number;
  /** Whether it is clearly better than all others. */
  clear: boolean;
  /** Indexes of the others that may be as good, best first. */
  rivals: number[];
}

/**
 * Settings are measured one after another, and the state of the machine meanwhile changes more than
 * an interval shows: in two consecutive benches of one model on a noisy machine, 14 of 40
 * percentiles differed by more than 5%. A smaller gain than this does not count.
 */
const leastGain = 1.1;
const batches = 20;
/** 97.5% quantile of Student's t with 19 degrees of freedom. */
const studentT = 2.093;

/**
 * The highest rate, and the others that may be as good: those whose interval overlaps its own, or
 * that are less than 10% below. Of equal rates, the first one. Null without candidates.
 */
export function chooseBest(candidates: readonly Candidate[]): BestSetting | null {
  const [best, ...others] = candidates.toSorted((one, other) => other.rate.value - one.rate.value);
  if (best === undefined) return null;
  const rivals = others.filter(({ rate }) => !isClearlyBelow(rate, best.rate)).map(({ cell }) => cell);
  return { cell: best.cell, clear: rivals.length === 0, rivals };
}

function isClearlyBelow(rate: Rate, best: Rate): boolean {
  return (
    best.value >= leastGain * rate.value && rate.high !== null && best.low !== null && rate.high < best.low
  );
}

/**
 * Runs per second, with an interval from the means of 20 batches of consecutive runs. Such means
 * are nearly independent even if each run resembles the one before (batch means: Law and Kelton,
 * Simulation Modeling and Analysis, 9.5.3).
 *
 * @param series milliseconds in the order of the runs, one array per launch
 */
export function runRate(series: readonly Float64Array[], value: number): Rate {
  const all = joined(series);
  const size = Math.floor(all.length / batches);
  if (size < 2) return { value, low: null, high: null };
  const means = Array.from({ length: batches }, (_, at) => meanOf(all.subarray(at * size, (at + 1) * size)));
  const mean = means.reduce((sum, each) => sum + each, 0) / batches;
  const variance = means.reduce((sum, each) => sum + (each - mean) ** 2, 0) / (batches - 1);
  const reach = (studentT * Math.sqrt(variance / batches)) / mean;
  return { value, low: value / (1 + reach), high: reach < 1 ? value / (1 - reach) : null };
}

function joined(series: readonly Float64Array[]): Float64Array {
  const all = new Float64Array(series.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const samples of series) {
    all.set(samples, at);
    at += samples.length;
  }
  return all;
}
