import { countOf, sumOf, type Histogram } from './histogram.ts';
import type { Tally, VersionCounts } from './request-counts.ts';

interface Duration {
  count: number;
  ns: number;
}

/** The statistics of one version, as Triton has them. */
export interface ModelStats {
  name: string;
  version: string;
  /** Epoch milliseconds; 0: never. */
  last_inference: number;
  /** Requests that succeeded. */
  inference_count: number;
  /** Runs of the model, each of one request or more. */
  execution_count: number;
  inference_stats: Record<
    | 'success'
    | 'fail'
    | 'queue'
    | 'compute_input'
    | 'compute_infer'
    | 'compute_output'
    | 'cache_hit'
    | 'cache_miss',
    Duration
  >;
  batch_stats: {
    batch_size: number;
    compute_input: Duration;
    compute_infer: Duration;
    compute_output: Duration;
  }[];
}

/**
 * Statistics in the form of Triton's extension, which its clients read:
 * https://github.com/triton-inference-server/server/blob/main/docs/protocol/extension_statistics.md
 * Each request has its own time to read its inputs and to write its answer, also in a batch.
 */
export function modelStats(name: string, version: string, counts: VersionCounts | undefined): ModelStats {
  const none: Duration = { count: 0, ns: 0 };
  const stats = counts ?? null;
  return {
    name,
    version,
    last_inference: stats?.lastAt ?? 0,
    inference_count: stats?.success.count ?? 0,
    execution_count: stats === null ? 0 : Math.round(countOf(stats.batch)),
    inference_stats: {
      success: stats === null ? none : tallied(stats.success),
      fail: stats === null ? none : tallied(stats.failure),
      queue: stats === null ? none : recorded(stats.queue),
      compute_input: stats === null ? none : tallied(stats.input),
      compute_infer: stats === null ? none : recorded(stats.compute),
      compute_output: stats === null ? none : tallied(stats.output),
      cache_hit: { count: stats?.cacheHits ?? 0, ns: 0 },
      cache_miss: { count: stats?.cacheMisses ?? 0, ns: 0 },
    },
    batch_stats: [...(stats?.batches ?? [])]
      .toSorted(([a], [b]) => a - b)
      .map(([size, { runs, ms, inputMs, outputMs }]) => ({
        batch_size: size,
        compute_input: { count: Math.round(runs), ns: nanoseconds(inputMs) },
        compute_infer: { count: Math.round(runs), ns: nanoseconds(ms) },
        compute_output: { count: Math.round(runs), ns: nanoseconds(outputMs) },
      })),
  };
}

function tallied({ count, ms }: Tally): Duration {
  return { count, ns: nanoseconds(ms) };
}

function recorded(seconds: Histogram): Duration {
  return { count: countOf(seconds), ns: nanoseconds(sumOf(seconds) * 1000) };
}

function nanoseconds(ms: number): number {
  return Math.round(ms * 1e6);
}
