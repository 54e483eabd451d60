import { MlregError } from '../../core/errors.ts';
import { maxMetadataBytes, metadataKeys } from '../../core/metadata/metadata.ts';
import { parseMetricValue } from '../../core/metadata/metadata-words.ts';
import { parseMetricsFile } from '../../core/metadata/metrics-file.ts';
import { quote } from '../../core/text/quote.ts';
import { pairsToRecord, type Pair } from '../options/options.ts';
import { readInput, refuseSharedInput, type InputSource } from './read-input.ts';

export interface MetricFlags {
  metric?: Pair[];
  metricsFile?: string[];
}

/**
 * The metrics of `--metrics-file` and `--metric`; the latter override the files. INVALID_INPUT for
 * a metric in two files: one of the values would be lost.
 */
export async function readMetrics(
  { metric = [], metricsFile = [] }: MetricFlags,
  source: InputSource,
): Promise<Record<string, number>> {
  refuseSharedInput({ '--metrics-file': metricsFile });
  const metrics = new Map<string, number>();
  for (const file of metricsFile) {
    const limits = {
      maxBytes: maxMetadataBytes,
      whatIsLarge: 'store large results as a file of the artifact',
    };
    const { text, what } = await readInput('--metrics-file', file, source, limits);
    for (const [name, value] of Object.entries(
      parseMetricsFile(text, what, maxMetadataBytes, metadataKeys),
    )) {
      if (metrics.has(name))
        throw new MlregError(
          'INVALID_INPUT',
          `${what} has the metric ${quote(name)}, as another --metrics-file does`,
          {
            hint: 'remove it from one of the files',
          },
        );
      metrics.set(name, value);
    }
  }
  const flags = pairsToRecord(metric, (value, key) => parseMetricValue(value, `--metric ${key}`));
  return { ...Object.fromEntries(metrics), ...flags };
}
