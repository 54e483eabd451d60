import type { Family, Labels } from './exposition.ts';
import { countOf, sumOf } from './histogram.ts';
import type { VersionCounts } from './request-counts.ts';

/** The metrics of requests. The names are part of what operators rely on. */
export function requestFamilies(versions: readonly VersionCounts[]): Family[] {
  const each = <Value>(value: (counts: VersionCounts) => Value) =>
    served(versions).map((counts) => ({ labels: labelsOf(counts), value: value(counts) }));
  const histograms = (of: 'total' | 'queue' | 'compute' | 'batch') =>
    served(versions).map((counts) => ({ labels: labelsOf(counts), histogram: counts[of] }));
  return [
    {
      name: 'mlreg_requests_total',
      type: 'counter',
      help: 'Answered requests; protocol chain: as a part of a chain. model and version are empty if the request named no served model.',
      samples: versions.flatMap(requestSamples),
    },
    {
      name: 'mlreg_request_seconds',
      type: 'histogram',
      help: 'Time from the first byte of a request to its answer. Refused requests do not count.',
      samples: histograms('total'),
    },
    {
      name: 'mlreg_queue_seconds',
      type: 'histogram',
      help: 'Time for which a request waited to be run.',
      samples: histograms('queue'),
    },
    {
      name: 'mlreg_compute_seconds',
      type: 'histogram',
      help: 'Time of the run that answered a request.',
      samples: histograms('compute'),
    },
    {
      name: 'mlreg_batch_size',
      type: 'histogram',
      help: 'Requests that ran together, per run.',
      samples: histograms('batch'),
    },
    {
      name: 'mlreg_timeouts_total',
      type: 'counter',
      help: 'Requests that reached their deadline.',
      samples: each(({ timeouts }) => timeouts),
    },
    {
      name: 'mlreg_cache_hits_total',
      type: 'counter',
      help: 'Requests that were answered from the response cache.',
      samples: each(({ cacheHits }) => cacheHits),
    },
    {
      name: 'mlreg_cache_misses_total',
      type: 'counter',
      help: 'Requests that the response cache could not answer.',
      samples: each(({ cacheMisses }) => cacheMisses),
    },
  ];
}

/** The metrics of requests under the names that dashboards for Triton read. */
export function tritonFamilies(versions: readonly VersionCounts[]): Family[] {
  const counter = (name: string, help: string, value: (counts: VersionCounts) => number): Family => ({
    name,
    help,
    type: 'counter',
    samples: served(versions).map((counts) => ({ labels: labelsOf(counts), value: value(counts) })),
  });
  const microseconds = (seconds: number): number => Math.round(seconds * 1e6);
  return [
    counter('nv_inference_request_success', 'Requests that succeeded', ({ success }) => success.count),
    counter('nv_inference_request_failure', 'Requests that failed', ({ failure }) => failure.count),
    counter('nv_inference_count', 'Requests that succeeded', ({ success }) => success.count),
    counter('nv_inference_exec_count', 'Runs of the model', ({ batch }) => Math.round(countOf(batch))),
    counter('nv_inference_request_duration_us', 'Time of requests, in microseconds', ({ success, failure }) =>
      microseconds((success.ms + failure.ms) / 1000),
    ),
    counter('nv_inference_queue_duration_us', 'Time in the queue, in microseconds', ({ queue }) =>
      microseconds(sumOf(queue)),
    ),
    counter('nv_inference_compute_infer_duration_us', 'Time of runs, in microseconds', ({ compute }) =>
      microseconds(sumOf(compute)),
    ),
    counter('nv_inference_compute_input_duration_us', 'Time to read inputs, in microseconds', ({ input }) =>
      microseconds(input.ms / 1000),
    ),
    counter(
      'nv_inference_compute_output_duration_us',
      'Time to write answers, in microseconds',
      ({ output }) => microseconds(output.ms / 1000),
    ),
    counter('nv_cache_num_hits_per_model', 'Requests answered from the cache', ({ cacheHits }) => cacheHits),
    counter(
      'nv_cache_num_misses_per_model',
      'Requests that the cache could not answer',
      ({ cacheMisses }) => cacheMisses,
    ),
  ];
}

/** Without the requests that named no served model. */
function served(versions: readonly VersionCounts[]): VersionCounts[] {
  return versions.filter(({ model }) => model !== '');
}

function labelsOf({ model, version }: VersionCounts): Labels {
  return { model, version };
}

function requestSamples(counts: VersionCounts): { labels: Labels; value: number }[] {
  return (['rest', 'grpc', 'chain'] as const).flatMap((protocol) =>
    [...counts.requests[protocol]]
      .toSorted(([a], [b]) => a - b)
      .map(([code, value]) => ({
        labels: { ...labelsOf(counts), code: String(code), protocol },
        value,
      })),
  );
}
