import { statistics, type Statistic } from '../../core/measurements/bench.ts';
import type { Command } from 'commander';
import type { LimitOptions, MeasureOptions, SingleRunOptions } from '../../bench/plan/measure-options.ts';
import type { BenchOptions, BenchPlan } from '../../bench/plan/plan.ts';
import { MlregError } from '../../core/errors.ts';
import { quote } from '../../core/text/quote.ts';
import { benchNumber, inputOption, rangeOption, shapeOption } from '../options/input-options.ts';
import { choice, deviceOption, parseBound } from '../options/options.ts';
import { addLoadOptions } from './load-options.ts';

/** The options of a measurement as given on the command line. */
export interface PlanOptions
  extends Omit<MeasureOptions, 'shapes' | 'ranges'>, Omit<SingleRunOptions, 'statistic'> {
  shape?: string[];
  range?: string[];
  stat?: Statistic;
  baseline?: string;
  matrix?: string[];
  url?: string;
  tokenFile?: string;
}

/** Options that also apply when a stored run is checked again, by commander's names. */
export const limitNames = Object.keys({
  maxP50: true,
  maxP90: true,
  maxP95: true,
  maxP99: true,
  maxRegression: true,
  stat: true,
} satisfies Record<keyof LimitOptions | 'maxRegression' | 'stat', true>);

export function addPlanOptions(command: Command): Command {
  command
    .addOption(inputOption())
    .option(
      '--synthetic',
      'use synthetic inputs even if there is a golden set (implied by --batch, --shape, --range and --seed)',
    )
    .addOption(benchNumber('batch'))
    .addOption(shapeOption())
    .addOption(rangeOption())
    .addOption(benchNumber('threads', ' (default: number of physical cores)'))
    .addOption(deviceOption())
    .option('--duration <time>', 'minimum total measuring time (default 10s)')
    .addOption(benchNumber('iterations'))
    .addOption(benchNumber('warmup', ' (default: until stable)'))
    .addOption(benchNumber('launches', ' (default 3)'))
    .addOption(benchNumber('seed'))
    .option('--timeout <time>', 'time limit (default: three times the duration plus 30s, at least 60s)')
    .option('--memory-limit <size>', 'memory limit of the child process, for example 2GiB')
    .option('--atol <x>', 'absolute tolerance, overrides that of the golden set', parseBound('--atol'))
    .option('--rtol <x>', 'relative tolerance, as a fraction of the expected value', parseBound('--rtol'))
    .option('--max-p95 <time>', 'fail (exit 5) unless 95% of runs take at most this long')
    .option('--max-p50 <time>', 'fail (exit 5) unless 50% of runs take at most this long')
    .option('--max-p90 <time>', 'fail (exit 5) unless 90% of runs take at most this long')
    .option('--max-p99 <time>', 'fail (exit 5) unless 99% of runs take at most this long')
    .option(
      '--baseline <ref>',
      'also measure this version in the same run, in alternating blocks, and compare; --duration and --iterations then apply to each',
    )
    .option(
      '--max-regression <percent>',
      'fail (exit 5) unless the version is at most this much slower than the baseline, for example 5%',
      parsePercent,
    )
    .addOption(
      choice(
        '--stat <percentile>',
        'percentile to compare with the baseline (default p95; with --recheck: the stored one)',
        statistics,
      ),
    )
    .option(
      '--profile',
      'also profile each operator, in a separate session after the timed runs (with --baseline: of the version only)',
    )
    .option(
      '--url <url>',
      'measure a running server instead of this machine: http://HOST:PORT of mlreg serve, or of another server of the Open Inference Protocol (--concurrency: connections)',
    )
    .option(
      '--token-file <path>',
      'file with the token that the server of --url wants (default: MLREG_SERVE_TOKEN)',
    )
    .option(
      '--matrix <axis=values...>',
      'measure every combination of threads=1,2 batch=1,8,32 seq=64,128 (threads, batch, named dimensions) as a separate benchmark (default --duration 3s --launches 1), and mark the best one within the limits',
    );
  return addLoadOptions(command);
}

/** The plan that the options describe. INVALID_INPUT and USAGE for values that make no sense. */
export async function readPlan(options: PlanOptions): Promise<BenchPlan> {
  if (options.tokenFile !== undefined && options.url === undefined) {
    throw new MlregError('USAGE', '--token-file requires --url', {
      hint: 'for example --url http://127.0.0.1:8080',
    });
  }
  if (options.stat !== undefined && options.baseline === undefined) {
    throw new MlregError('USAGE', '--stat requires --baseline', {
      hint: 'for example --baseline NAME@production',
    });
  }
  if (options.baseline === undefined && options.maxRegression !== undefined) {
    throw new MlregError('USAGE', '--max-regression requires --baseline', {
      hint: 'for example --baseline NAME@production',
    });
  }
  const { planBench } = await import('../../api/verbs/run/bench.ts');
  return planBench(await readBenchOptions(options));
}

/**
 * The parsed values of the options, without defaults. INVALID_INPUT for values that cannot be
 * parsed.
 */
export async function readBenchOptions({
  shape,
  range,
  stat,
  url: _url,
  tokenFile: _tokenFile,
  ...options
}: PlanOptions): Promise<BenchOptions> {
  const { parseRanges, parseShapes, readMeasureOptions } = await import('../../api/verbs/run/bench.ts');
  return readMeasureOptions({
    ...options,
    statistic: stat,
    shapes: Object.fromEntries(parseShapes(shape ?? [])),
    ranges: Object.fromEntries(parseRanges(range ?? [])),
  });
}

/** `5%` as 0.05. */
function parsePercent(text: string): number {
  const percent = /^(\d{1,4}(?:\.\d{1,6})?)%$/.exec(text)?.[1];
  if (percent !== undefined) return Number(percent) / 100;
  throw new MlregError('USAGE', `invalid --max-regression ${quote(text)}: not a percentage`, {
    hint: 'for example --max-regression 5%',
  });
}

export function optional<Value>(text: string | undefined, parse: (text: string) => Value): Value | undefined {
  return text === undefined ? undefined : parse(text);
}
