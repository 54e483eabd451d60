import { MlregError } from '../../core/errors.ts';
import { formatDuration } from '../../core/text/units.ts';

/**
 * How runs follow each other, named as in MLPerf's LoadGen. `single`: the client sends the next run
 * when the last one is done. `multi`: the same with queries of several runs. `server`: runs arrive
 * at random, whether or not earlier ones are done. `offline`: all runs are available from the
 * start. Source: the inference rules of MLCommons, section 3, "Scenarios".
 */
export type Scenario = 'single' | 'multi' | 'server' | 'offline';
export const scenarios: readonly Scenario[] = ['single', 'multi', 'server', 'offline'];

export interface LoadOptions {
  /** Load scenario of MLPerf LoadGen. Default: `single`, or `server` with a rate. */
  scenario?: Scenario;
  /** Average random arrivals per second, for scenario `server`. */
  rate?: number;
  /** Concurrent sessions. Default: 1. */
  concurrency?: number;
  /** Runs per query, for scenario `multi`. Default: 8. */
  samplesPerQuery?: number;
}

export interface LoadPlan {
  scenario: Scenario;
  /** Average arrivals per second; null except in `server`. */
  rate: number | null;
  /** Sessions that run at once. */
  concurrency: number;
  /** Runs per query; null except in `multi`. */
  samplesPerQuery: number | null;
}

/** As in LoadGen. */
const defaultSamplesPerQuery = 8;
const rates = { least: 0.001, most: 1_000_000 };

/**
 * The load that options ask for. USAGE for options that contradict each other, INVALID_INPUT for
 * values out of range.
 */
export function planLoad(options: LoadOptions): LoadPlan {
  const { rate, samplesPerQuery } = options;
  wholeNumber('--concurrency', options.concurrency, 1, 256);
  wholeNumber('--samples-per-query', samplesPerQuery, 1, 10_000);
  if (rate !== undefined && !(rate >= rates.least && rate <= rates.most)) {
    throw new MlregError(
      'INVALID_INPUT',
      `--rate must be between ${rates.least} and ${rates.most.toLocaleString('en')} per second, not ${rate}`,
      { hint: 'for example --rate 200 (runs per second)' },
    );
  }
  const scenario = options.scenario ?? (rate === undefined ? 'single' : 'server');
  if (scenario === 'server' && rate === undefined) {
    throw new MlregError('USAGE', '--scenario server needs --rate, the number of runs per second', {
      hint: 'for example --scenario server --rate 200',
    });
  }
  if (scenario !== 'server' && rate !== undefined) {
    throw new MlregError('USAGE', `--rate cannot be used with --scenario ${scenario}`, {
      hint: 'omit --scenario, or use --scenario server',
    });
  }
  if (scenario !== 'multi' && samplesPerQuery !== undefined) {
    throw new MlregError('USAGE', '--samples-per-query needs --scenario multi', {
      hint: 'use --scenario multi, or omit --samples-per-query',
    });
  }
  return {
    scenario,
    rate: rate ?? null,
    concurrency: options.concurrency ?? 1,
    samplesPerQuery: scenario === 'multi' ? (samplesPerQuery ?? defaultSamplesPerQuery) : null,
  };
}

/** Whether it is more than one run after another. */
export function isLoad({ scenario, concurrency }: LoadPlan): boolean {
  return scenario !== 'single' || concurrency > 1;
}

/** The load in a few words: `server at 200/s, 2 at once`. */
function describeLoad({ scenario, rate, concurrency, samplesPerQuery }: LoadPlan): string {
  const how =
    rate !== null
      ? ` at ${rate}/s`
      : samplesPerQuery !== null
        ? `, ${samplesPerQuery} samples per query`
        : '';
  return `${scenario}${how}${concurrency > 1 ? `, ${concurrency} at once` : ''}`;
}

/** USAGE if the plan has a load, but `option` needs runs that follow one another. */
export function refuseLoad(load: LoadPlan, option: string): void {
  if (!isLoad(load)) return;
  throw new MlregError('USAGE', `${option} cannot be used with a load (${describeLoad(load)})`, {
    hint: `omit either ${option} or --scenario, --rate and --concurrency`,
  });
}

/** INVALID_INPUT if the option has a value that is not a whole number in this range. */
export function wholeNumber(option: string, value: number | undefined, least: number, most: number): void {
  if (value === undefined || (Number.isSafeInteger(value) && value >= least && value <= most)) return;
  throw new MlregError(
    'INVALID_INPUT',
    `${option} must be an integer from ${least} to ${most.toLocaleString('en')}, not ${value}`,
    { hint: 'see mlreg help bench' },
  );
}

/** The same for a duration in milliseconds. */
export function durationWithin(option: string, ms: number | undefined, least: number, most: number): void {
  if (ms === undefined || (ms >= least && ms <= most)) return;
  throw new MlregError(
    'INVALID_INPUT',
    `${option} must be between ${formatDuration(least)} and ${formatDuration(most)}, not ${formatDuration(ms)}`,
    { hint: 'add a unit, for example 10s or 250ms' },
  );
}
