import { formatDuration } from '../core/duration.ts';
import type { Finding } from '../storage/diagnosis.ts';
import { binomialSurvival } from './binomial.ts';
import { usualMs, type MachineNoise, type StatisticNoise } from './machine-noise.ts';
import { percent } from './percent.ts';

const about = 'machine';
/** What a well-behaved 95% interval leaves out. */
const missed = 0.05;
/** So few were to be expected, or more, with a probability of 5%. */
const surprising = 0.05;
/** A share of all CPU time beside which single runs are not what they were. */
const muchSteal = 0.01;
/** The longest that mlreg bench and mlreg doctor --bench take. */
const longestMs = 24 * 3600e3;
const longestCheckMs = 3600e3;

/** What the comparisons of a model with itself say of this machine, as checks of doctor with what to do. */
export function noiseFindings(noise: MachineNoise): Finding[] {
  return [falseAlarms(noise), precision(noise, 'p50'), precision(noise, 'p95'), disturbance(noise)];
}

function falseAlarms({ comparisons, margin, p50, p95 }: MachineNoise): Finding {
  const both = (count: (statistic: StatisticNoise) => number): string =>
    `${count(p50)} by p50 and ${count(p95)} by p95`;
  const observed =
    `of ${comparisons} comparisons of a model with itself, a gate at ${percent(margin)} fails ${both((one) => one.falseAlarms)}; ` +
    `the 95% interval leaves out "equal" in ${both((one) => one.unequal)}`;
  const base = { check: 'bench-false-alarms', about, observed } as const;
  if (p50.falseAlarms + p95.falseAlarms > 0) {
    const advice = 'gate on a quieter machine, or allow more: --max-regression 10%';
    return { ...base, status: 'warn', advice };
  }
  const isOdd = ({ unequal, compared }: StatisticNoise): boolean =>
    binomialSurvival(unequal, compared, missed) <= surprising;
  if (!isOdd(p50) && !isOdd(p95)) return { ...base, status: 'ok' };
  const advice =
    'treat a difference as small as the width of these intervals as none, or raise --launches (mlreg bench)';
  return { ...base, status: 'warn', advice };
}

function precision(noise: MachineNoise, name: 'p50' | 'p95'): Finding {
  const { compared, intervalWidth, minimumDetectable, minimumDetectableUsually, enoughMs } = noise[name];
  const base = { check: `bench-${name}`, about } as const;
  if (intervalWidth === null || minimumDetectable === null || minimumDetectableUsually === null) {
    return {
      ...base,
      status: 'warn',
      observed: `${noise.runs.toLocaleString('en')} runs in ${formatDuration(noise.timedMs)} of each model were too few for an interval`,
      advice: longerCheck(noise),
    };
  }
  const observed =
    `95% intervals of ${compared} comparisons are ${percent(intervalWidth, 2)} wide; an increase of ${percent(minimumDetectable, 2)} is told ` +
    `from none in ${formatDuration(noise.timedMs)} of each model, one of ${percent(minimumDetectableUsually, 2)} in ${formatDuration(usualMs)}`;
  if (minimumDetectableUsually <= noise.margin) return { ...base, status: 'ok', observed };
  const advice = [
    ...(enoughMs === null || enoughMs > longestMs
      ? [
          `no duration would tell ${percent(noise.margin)} in so few launches: use a quieter machine, or --launches 12`,
        ]
      : [
          `to tell ${percent(noise.margin)}, measure longer (mlreg bench --duration ${Math.ceil(enoughMs / 1000)}s) or on a quieter machine`,
        ]),
    ...(name === 'p95' && (noise.p50.minimumDetectableUsually ?? Infinity) < minimumDetectableUsually
      ? ['gate p50 instead: --stat p50']
      : []),
  ].join('; ');
  return { ...base, status: 'warn', observed, advice };
}

/** Twice as long as this check took, or two minutes where that was less. */
function longerCheck({ comparisons, timedMs }: MachineNoise): string {
  const took = 2 * comparisons * timedMs;
  const ms = Math.max(120e3, 2 * Math.ceil(took / 60e3) * 60e3);
  return ms <= longestCheckMs
    ? `mlreg doctor --bench --duration ${formatDuration(ms)}`
    : 'use a quieter machine: a longer check would hardly tell more';
}

function disturbance({ lag1, steal, busy, throttledPeriods }: MachineNoise): Finding {
  const seen = [
    lag1 === null ? 'runs do not vary' : `lag-1 autocorrelation of runs ${lag1.toFixed(2)}`,
    steal === null ? 'steal is not counted' : `the hypervisor took ${percent(steal, 2)} of the CPU time`,
    throttledPeriods === null
      ? 'throttling is not counted'
      : `a CPU quota stopped it ${throttledPeriods} times`,
    ...(busy === null ? [] : [`all CPUs were ${percent(busy, 2)} busy`]),
  ];
  const advice = [
    ...((steal ?? 0) > muchSteal ? ['use a machine with CPUs of its own'] : []),
    ...((throttledPeriods ?? 0) > 0 ? ['raise the CPU quota of the container, or lower --threads'] : []),
  ];
  const base = { check: 'bench-noise', about, observed: seen.join('; ') } as const;
  return advice.length === 0
    ? { ...base, status: 'ok' }
    : { ...base, status: 'warn', advice: advice.join('; ') };
}
