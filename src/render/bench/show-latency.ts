import { decodeSamples } from '../../bench/report/sample-codec.ts';
import { benchFigures } from '../../core/comparison/bench-figures.ts';
import { isMlregError } from '../../core/errors.ts';
import type { BenchRecord } from '../../core/measurements/bench.ts';
import { loadName, storedLoad } from './bench-load.ts';
import { latency, perSecond, relativeTime } from '../format.ts';
import { latencyBars } from './latency-bars.ts';
import type { Style } from '../view.ts';

const buckets = 6;

/**
 * The latest bench that measured something, with a small histogram; also the latest of all, if that
 * one failed.
 */
export function latencySection(
  benches: BenchRecord[],
  samples: Uint8Array | undefined,
  style: Style,
): string {
  const { color, now } = style;
  const [latest] = benches;
  const failed =
    latest === undefined || latest.status === 'ok'
      ? []
      : [`${color.red('✗')} the latest benchmark (${relativeTime(latest.at, now)}) failed: ${latest.status}`];
  const measured = benches.map(benchFigures).find((figures) => figures !== null);
  if (measured === undefined) return failed.join('\n');
  const { p50, p95, throughputPerSec, runs, at } = measured;
  const figures = [
    ...(p50 === null ? [] : [`p50 ${color.bold(latency(p50.value))}`]),
    ...(p95 === null ? [] : [`p95 ${color.bold(latency(p95.value))}`]),
    ...(throughputPerSec === null ? [] : [`${perSecond(throughputPerSec)} runs/s`]),
    color.dim(`${runs.toLocaleString('en')} runs, ${relativeTime(at, now)}`),
    ...underLoad(benches, measured.id, style),
  ];
  return [...failed, `${color.dim('LATENCY')}  ${figures.join('  ')}`, ...bars(samples, style)].join('\n');
}

/** The latency that callers see under a load is not the model's own. */
function underLoad(benches: BenchRecord[], id: string, { color }: Style): string[] {
  const open = storedLoad(benches.find((bench) => bench.id === id)?.result ?? {});
  if (open === null) return [];
  return [color.dim(`(${loadName(open)})`), ...(open.saturated ? [color.yellow('saturated')] : [])];
}

function bars(samples: Uint8Array | undefined, style: Style): string[] {
  if (samples === undefined) return [];
  try {
    const own = decodeSamples(samples).filter(({ arm }) => arm === 0);
    return latencyBars(
      own.map(({ latencyMs }) => latencyMs),
      buckets,
      style,
    );
  } catch (error) {
    if (!isMlregError(error, 'INTEGRITY')) throw error;
    return [style.color.red(`  ${error.message} (run mlreg verify)`)];
  }
}
