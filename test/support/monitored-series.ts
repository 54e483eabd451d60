import type { MonitorRule } from '../../src/core/measurements/monitor-rules.ts';
import { nextDouble, seededRandom, type RandomUint32 } from '../../src/core/seeded-random.ts';
import { applyRule } from '../../src/monitor/rule.ts';
import type { SpecialFunctions } from '../../src/stats/special.ts';

const days = 60;
/** The day on which a fall begins. */
const fallAt = 30;

/** The true accuracy of a day. */
export const shapes = {
  quiet: () => 0.9,
  slide: (day: number) => Math.max(0.3, 0.9 - 0.006 * Math.max(0, day - fallAt + 1)),
  step: (day: number) => (day < fallAt ? 0.9 : 0.86),
};

export interface Simulated {
  /** Share of the series with an alarm: at all, or, where there is a fall, after it began. */
  found: number;
  /** Days from the first one that is worse to the alarm, that one included: median and 95%. */
  median: number;
  slow: number;
}

/** Series of 60 days with this many labels a day: how many raise an alarm, and how soon. */
export function simulate(
  rule: MonitorRule,
  shape: keyof typeof shapes,
  functions: SpecialFunctions,
  { labels, series, seed = 1 }: { labels: number; series: number; seed?: number },
): Simulated {
  const random = seededRandom(seed, `${shape} ${labels}`);
  const delays: number[] = [];
  for (let one = 0; one < series; one++) {
    const windows = Array.from({ length: days }, (_, day) => ({
      start: day * 86_400e3,
      version: '1.0.0',
      value: hits(random, labels, shapes[shape](day)) / labels,
      labels,
      error: null,
    }));
    const nature = { direction: 'higher', isShare: true } as const;
    const settings = { name: rule, drops: 3, loss: { kind: 'absolute', by: 0.01 } } as const;
    const firings = applyRule(windows, settings, nature, functions);
    const from = shape === 'quiet' ? 0 : fallAt;
    const at = firings.findIndex((firing, day) => day >= from && firing !== null);
    if (at !== -1) delays.push(at - from + 1);
  }
  delays.sort((one, other) => one - other);
  const at = (share: number): number =>
    delays[Math.min(delays.length - 1, Math.floor(share * delays.length))] ?? Infinity;
  return { found: delays.length / series, median: at(0.5), slow: at(0.95) };
}

/** A binomial draw, row by row: the model is right or not. */
function hits(random: RandomUint32, rows: number, share: number): number {
  let count = 0;
  for (let row = 0; row < rows; row++) if (nextDouble(random) < share) count++;
  return count;
}
