import type { Command } from 'commander';
import { parseByteSize } from '../../core/byte-size.ts';
import { parseDuration } from '../../core/duration.ts';
import { MlregError } from '../../core/errors.ts';
import { quote } from '../../core/quote.ts';
import { parseReference } from '../../core/reference.ts';
import type { Statistic } from '../../bench/quantiles.ts';
import type { Act } from '../command-module.ts';
import { registryCodes, type CommandHelp } from '../help/command-help.ts';
import { startProgress } from '../progress.ts';
import { choice, collect, parseCount } from '../options.ts';

interface Options {
  batch?: number;
  shape?: string[];
  range?: string[];
  threads?: number;
  duration?: string;
  iterations?: number;
  warmup?: number;
  launches?: number;
  seed?: number;
  timeout?: string;
  memoryLimit?: string;
  maxP50?: string;
  maxP90?: string;
  maxP95?: string;
  maxP99?: string;
  baseline?: string;
  maxRegression?: number;
  stat?: Statistic;
}

const phases = { start: 'loading', warmup: 'warming up', timed: 'measuring', done: 'measured' } as const;

export function define(parent: Command, act: Act): Command {
  return parent
    .command('bench')
    .argument('<ref>', 'the version: digits@1.1.0, digits@production … (mlreg help references)')
    .summary('measure the latency of an ONNX model')
    .description(
      'Measures how long one inference of the version takes on this machine, with synthetic inputs. With --baseline it is compared with another ' +
        'version, measured in the same run in blocks that alternate: up to three looks, each at twice the runs, until the margin is met or exceeded ' +
        'with 95% confidence. ONNX Runtime runs in a child process with limits of ' +
        'time and memory. The result is stored with the version.',
    )
    .option('--batch <n>', 'size of the first dimension of the inputs', parseCount('--batch', 1, 1_000_000))
    .option(
      '--shape <name=size>',
      'sizes of named dimensions (batch=8,seq=128) or of a whole input (image=1x3x224x224); repeatable',
      collect,
    )
    .option('--range <input=low:high>', 'values of an input (default 0:1); repeatable', collect)
    .option(
      '--threads <n>',
      'threads of one inference (default: the physical cores)',
      parseCount('--threads', 1, 1024),
    )
    .option('--duration <time>', 'measure at least this long in all (default 10s)')
    .option(
      '--iterations <n>',
      'exactly so many runs; with --duration, at least',
      parseCount('--iterations', 1, 4_000_000),
    )
    .option(
      '--warmup <n>',
      'runs before measuring, per launch (default: until stable)',
      parseCount('--warmup', 0, 4_000_000),
    )
    .option(
      '--launches <n>',
      'how many child processes, one after the other (default 3)',
      parseCount('--launches', 1, 100),
    )
    .option('--seed <n>', 'seed of the synthetic inputs', parseCount('--seed', 0, 999_999_999))
    .option(
      '--timeout <time>',
      'give up after this long (default: three times the duration and 30s, at least 60s)',
    )
    .option('--memory-limit <size>', 'stop the child above this much memory, such as 2GiB')
    .option('--max-p95 <time>', 'fail (exit 5) unless 95% of runs take at most this long')
    .option('--max-p50 <time>', 'likewise of half of the runs')
    .option('--max-p90 <time>', 'likewise of 90%')
    .option('--max-p99 <time>', 'likewise of 99%')
    .option(
      '--baseline <ref>',
      'measure this version in the same run, in blocks that alternate, and compare; --duration and --iterations are then of each',
    )
    .option(
      '--max-regression <percent>',
      'fail (exit 5) unless the version is at most so much slower than the baseline: 5%',
      parsePercent,
    )
    .addOption(
      choice('--stat <percentile>', 'what is compared with the baseline', [
        'p50',
        'p90',
        'p95',
        'p99',
      ]).default('p95'),
    )
    .action(
      act(async (session, text: string, options: Options) => {
        const ref = parseReference(text);
        const baseline = optional(options.baseline, parseReference);
        if (baseline === undefined && options.maxRegression !== undefined) {
          throw new MlregError('USAGE', '--max-regression has nothing to compare with', {
            hint: 'name a version: --baseline NAME@production',
          });
        }
        const [{ benchVersion, objection }, { planBench }, { parseShapes }, { parseRanges }, { benchView }] =
          await Promise.all([
            import('../../bench/bench-version.ts'),
            import('../../bench/plan.ts'),
            import('../../onnx/input-shapes.ts'),
            import('../../onnx/synthesize.ts'),
            import('../../render/bench-view.ts'),
          ]);
        const { batch, threads, iterations, warmup, launches, seed } = options;
        const plan = planBench({
          batch,
          threads,
          iterations,
          warmup,
          launches,
          seed,
          shapes: parseShapes(options.shape ?? []),
          ranges: parseRanges(options.range ?? []),
          durationMs: optional(options.duration, parseDuration),
          timeoutMs: optional(options.timeout, parseDuration),
          maxMs: {
            p50: optional(options.maxP50, parseDuration),
            p90: optional(options.maxP90, parseDuration),
            p95: optional(options.maxP95, parseDuration),
            p99: optional(options.maxP99, parseDuration),
          },
          maxRegression: options.maxRegression,
          statistic: options.stat,
          memoryLimitBytes: optional(options.memoryLimit, parseByteSize),
        });
        const progress = startProgress(session.stderr(), session.options.json !== true, 'percent');
        await session.withRegistry(async (registry) => {
          try {
            const result = await benchVersion(registry, {
              ref,
              baseline,
              plan,
              onProgress: ({ phase, launch, fraction }) =>
                progress.update({
                  done: Math.round(100 * fraction),
                  total: 100,
                  what: `${phases[phase]} (launch ${launch} of ${plan.launches})`,
                }),
            });
            progress.stop();
            await session.output.show('bench', benchView, result, {
              changed: result.id !== null,
              warnings: result.warnings,
            });
            const problem = objection(result);
            if (problem !== undefined) session.fail(problem);
          } finally {
            progress.stop();
          }
        });
      }),
    );
}

export function help(): CommandHelp {
  return {
    examples: [
      ['How fast is what is in production?', 'mlreg bench digits@production --duration 3s'],
      [
        'Fail the job when it is too slow:',
        'mlreg bench digits@production --batch 8 --iterations 500 --max-p95 1s',
      ],
      [
        'Is it slower than what is in production? Both are measured in the same run:',
        'mlreg bench digits@1.0.1 --baseline digits@production \\\n  --max-regression 200% --stat p50 --duration 1s',
      ],
      [
        'Sizes of named dimensions, and one thread:',
        'mlreg bench digits@1.1.0 --shape batch=32 --threads 1 --launches 1 --duration 1s',
      ],
    ],
    output:
      'JSON: id, status, subject {ref}, baseline, latencyMs {p50, p95, n}, throughputPerSec, memory, compare {stat, ratio, low, high}, gates[], environment. --quiet prints the reference.',
    exitCodes: {
      0: 'measured; the gate passed, if there is one',
      2: 'wrong flags, a shape that the model does not have, or no ONNX model',
      3: 'no such registry or version, or ONNX Runtime is not installed',
      5: 'too slow, not certain enough, or the model crashed, timed out or took too much memory',
      ...registryCodes,
      6: 'bytes of the version are missing or changed',
    },
    seeAlso: ['show', 'promote', 'references'],
  };
}

/** `5%` as 0.05. */
function parsePercent(text: string): number {
  const percent = /^(\d{1,4}(?:\.\d{1,6})?)%$/.exec(text)?.[1];
  if (percent !== undefined) return Number(percent) / 100;
  throw new MlregError('USAGE', `--max-regression ${quote(text)} is not a percentage`, {
    hint: 'for example --max-regression 5%',
  });
}

function optional<Value>(text: string | undefined, parse: (text: string) => Value): Value | undefined {
  return text === undefined ? undefined : parse(text);
}
