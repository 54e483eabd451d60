import { formatDuration } from '../../core/text/units.ts';
import { counted, percent } from '../../core/text/numbers.ts';
import { binomialSurvival } from '../../stats/distributions.ts';
import type { Finding } from '../../storage/diagnosis.ts';
import { type MachineNoise, type StatisticNoise, usualMs } from '../run/machine-noise.ts';

const about = 'machine';
/** The share of cases that a correct 95% interval misses. */
const missed = 0.05;
/** A count is surprising if chance gives as many or more with a probability of at most 5%. */
const surprising = 0.05;
/** Above this share of all CPU time, steal visibly changes single runs. */
const muchSteal = 0.01;
/** The maximum duration of mlreg bench and mlreg doctor --bench. */
const longestMs = 24 * 3600e3;
const longestCheckMs = 3600e3;

/**
 * What comparisons of a model with itself show about this machine, as checks of doctor with hints.
 */
export function noiseFindings(noise: MachineNoise): Finding[] {
  return [falseAlarms(noise), precision(noise, 'p50'), precision(noise, 'p95'), disturbance(noise)];
}

function falseAlarms({ comparisons, margin, p50, p95 }: MachineNoise): Finding {
  const both = (count: (statistic: StatisticNoise) => number): string =>
    `${count(p50)} by p50, ${count(p95)} by p95`;
  const observed =
    `in ${comparisons} comparisons of a model with itself, false alarms of a ${percent(margin)} gate: ${both((one) => one.falseAlarms)}; ` +
    `95% intervals that exclude "equal": ${both((one) => one.unequal)}`;
  const base = { check: 'bench-false-alarms', about, observed } as const;
  if (p50.falseAlarms + p95.falseAlarms > 0) {
    const advice = 'use a quieter machine, or a larger limit: --max-regression 10%';
    return { ...base, status: 'warn', advice };
  }
  const isOdd = ({ unequal, compared }: StatisticNoise): boolean =>
    binomialSurvival(unequal, compared, missed) <= surprising;
  if (!isOdd(p50) && !isOdd(p95)) return { ...base, status: 'ok' };
  const advice = 'ignore differences smaller than these intervals, or raise --launches (mlreg bench)';
  return { ...base, status: 'warn', advice };
}

function precision(noise: MachineNoise, name: 'p50' | 'p95'): Finding {
  const { compared, intervalWidth, minimumDetectable, minimumDetectableUsually, enoughMs } = noise[name];
  const base = { check: `bench-${name}`, about } as const;
  if (intervalWidth === null || minimumDetectable === null || minimumDetectableUsually === null) {
    return {
      ...base,
      status: 'warn',
      observed: `too few runs for an interval: ${noise.runs.toLocaleString('en')} in ${formatDuration(noise.timedMs)} per model`,
      advice: longerCheck(noise),
    };
  }
  const observed =
    `95% intervals of ${compared} comparisons are ${percent(intervalWidth, 2)} wide; measuring each model for ${formatDuration(noise.timedMs)} ` +
    `detects an increase of ${percent(minimumDetectable, 2)}; for ${formatDuration(usualMs)}, of ${percent(minimumDetectableUsually, 2)}`;
  if (minimumDetectableUsually <= noise.margin) return { ...base, status: 'ok', observed };
  const advice = [
    ...(enoughMs === null || enoughMs > longestMs
      ? [
          `no duration detects ${percent(noise.margin)} with this few launches: use a quieter machine, or --launches 12`,
        ]
      : [
          `to detect ${percent(noise.margin)}, measure longer (mlreg bench --duration ${Math.ceil(enoughMs / 1000)}s) or use a quieter machine`,
        ]),
    ...(name === 'p95' && (noise.p50.minimumDetectableUsually ?? Infinity) < minimumDetectableUsually
      ? ['compare p50 instead: --stat p50']
      : []),
  ].join('; ');
  return { ...base, status: 'warn', observed, advice };
}

/** Twice the time of this check, but at least two minutes. */
function longerCheck({ comparisons, timedMs }: MachineNoise): string {
  const took = 2 * comparisons * timedMs;
  const ms = Math.max(120e3, 2 * Math.ceil(took / 60e3) * 60e3);
  return ms <= longestCheckMs
    ? `mlreg doctor --bench --duration ${formatDuration(ms)}`
    : 'use a quieter machine; a longer check will not help';
}

function disturbance({ lag1, steal, busy, throttledPeriods }: MachineNoise): Finding {
  const seen = [
    lag1 === null ? 'no variation between runs' : `lag-1 autocorrelation of runs ${lag1.toFixed(2)}`,
    steal === null ? 'CPU steal unknown' : `the hypervisor took ${percent(steal, 2)} of the CPU time`,
    throttledPeriods === null
      ? 'CPU throttling unknown'
      : `a CPU quota throttled it ${counted(throttledPeriods, 'time')}`,
    ...(busy === null ? [] : [`all CPUs were ${percent(busy, 2)} busy`]),
  ];
  const advice = [
    ...((steal ?? 0) > muchSteal ? ['use a machine with dedicated CPUs'] : []),
    ...((throttledPeriods ?? 0) > 0 ? ['raise the CPU quota of the container, or lower --threads'] : []),
  ];
  const base = { check: 'bench-noise', about, observed: seen.join('; ') } as const;
  return advice.length === 0
    ? { ...base, status: 'ok' }
    : { ...base, status: 'warn', advice: advice.join('; ') };
}
