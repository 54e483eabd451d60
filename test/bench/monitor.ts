/**
 * How often the rules of `mlreg monitor` raise an alarm for nothing, and how soon they find a fall
 * (`npm run bench:monitor`): 1,000 series of 60 days of each kind, with an accuracy of 0.9 that
 * stays, slides by 0.006 a day from day 30 on, or drops to 0.86 on it. Exits with 1 if the default
 * rule misses a target.
 */
import { monitorRules } from '../../src/core/measurements/monitor-rules.ts';
import { specialFunctions } from '../../src/stats/special.ts';
import { simulate } from '../support/monitored-series.ts';

const functions = await specialFunctions();

const series = 1000;
const targets = {
  /** Most quiet series with an alarm. */
  quiet: 0.02,
  /** Days in which 95% of the slides are found, by labels a day, and of steps. */
  slide: { 100: 20, 500: 12, 2000: 8 } as Record<number, number>,
  stepMedian: { 500: 3, 2000: 3 } as Record<number, number>,
};
const missed: string[] = [];

console.log(`${series} series of 60 days; days until found: median (95%)\n`);
console.log(['rule'.padEnd(13), 'labels', 'quiet with alarm', 'slide', 'step'].join('\t'));
for (const rule of monitorRules)
  for (const labels of [100, 500, 2000]) {
    const quiet = simulate(rule, 'quiet', functions, { labels, series });
    const slide = simulate(rule, 'slide', functions, { labels, series });
    const step = simulate(rule, 'step', functions, { labels, series });
    const said = ({ found, median, slow }: typeof step): string =>
      `${(100 * found).toFixed(1)}% in ${median} (${slow})`;
    console.log(
      [
        rule.padEnd(13),
        labels,
        `${(100 * quiet.found).toFixed(1)}%`.padEnd(16),
        said(slide),
        said(step),
      ].join('\t'),
    );
    if (rule === 'default') judge(labels, { quiet: quiet.found, slide, step });
  }

function judge(
  labels: number,
  { quiet, slide, step }: { quiet: number } & Record<'slide' | 'step', ReturnType<typeof simulate>>,
): void {
  const expect = (what: string, holds: boolean): void =>
    void (holds || missed.push(`${labels} labels: ${what}`));
  expect(`at most ${100 * targets.quiet}% of quiet series alarm`, quiet <= targets.quiet);
  expect('every slide is found', slide.found === 1);
  expect(`slides are found within ${targets.slide[labels]} days`, slide.slow <= (targets.slide[labels] ?? 0));
  const most = targets.stepMedian[labels];
  if (most !== undefined) expect(`steps are found in ${most} days`, step.found > 0.99 && step.median <= most);
}

console.log(
  '\ntargets of the default rule: quiet at most 2%; every slide found, 95% within 20, 12 and 8 days',
);
console.log('with 100, 500 and 2,000 labels a day; steps in at most 3 days (median) from 500 labels on');
console.log(missed.length === 0 ? 'all reached' : `missed:\n${missed.join('\n')}`);
process.exitCode = missed.length === 0 ? 0 : 1;
