import type { Command } from 'commander';
import { parseByteSize } from '../../core/byte-size.ts';
import { parseDuration } from '../../core/duration.ts';
import { parseReference } from '../../core/reference.ts';
import type { Act } from '../command-module.ts';
import { registryCodes, type CommandHelp } from '../help/command-help.ts';
import { startProgress } from '../progress.ts';
import { collect, parseCount } from '../options.ts';

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
  maxP95?: string;
}

const phases = { start: 'loading', warmup: 'warming up', timed: 'measuring', done: 'measured' } as const;

export function define(parent: Command, act: Act): Command {
  return parent
    .command('bench')
    .argument('<ref>', 'the version: digits@1.1.0, digits@production … (mlreg help references)')
    .summary('measure the latency of an ONNX model')
    .description(
      'Measures how long one inference of the version takes on this machine, with synthetic inputs. ONNX Runtime runs in a child process with limits of ' +
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
    .action(
      act(async (session, text: string, options: Options) => {
        const ref = parseReference(text);
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
          maxP95Ms: optional(options.maxP95, parseDuration),
          memoryLimitBytes: optional(options.memoryLimit, parseByteSize),
        });
        const progress = startProgress(session.stderr(), session.options.json !== true, 'percent');
        await session.withRegistry(async (registry) => {
          try {
            const result = await benchVersion(registry, {
              ref,
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
        'Sizes of named dimensions, and one thread:',
        'mlreg bench digits@1.1.0 --shape batch=32 --threads 1 --launches 1 --duration 1s',
      ],
    ],
    output:
      'JSON: id, status, subject {ref}, latencyMs {p50, p95, n}, throughputPerSec, memory, gates[], environment. --quiet prints the reference.',
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

function optional<Value>(text: string | undefined, parse: (text: string) => Value): Value | undefined {
  return text === undefined ? undefined : parse(text);
}
