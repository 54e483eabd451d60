import { escapeText } from '../../core/text/quote.ts';
import { number } from '../format.ts';
import type { Style } from '../view.ts';
import { actionTexts, aboutSeries, ruleText, verdictText } from './monitor-facts.ts';
import type { Monitored } from './monitor-view.ts';
import { trendPlot } from './trend-plot.ts';

/** What `mlreg monitor` shows on a terminal. */
export function monitorText(result: Monitored, style: Style): string {
  const { color } = style;
  const { name, stage, holder, verdict, windows, html } = result;
  const mark = { quiet: color.green('✓'), alarm: color.red('✗'), few: color.yellow('–') }[verdict];
  const known = windows.filter(({ value }) => value !== null);
  return [
    `${color.bold(name)} ${escapeText(stage)} ${color.dim(`(now ${holder})`)}  ${aboutSeries(result)}`,
    `${mark} ${verdictText(result)}`,
    ...actionTexts(result).map((text) => `  ${text}`),
    ...(known.length > 1 ? ['', trendPlot(result, style), ''] : known.map(lastLine)),
    color.dim(ruleText(result)),
    ...(html === null ? [] : [`${color.dim('report')} ${escapeText(html)}`]),
  ].join('\n');
}

function lastLine({ value, version }: Monitored['windows'][number]): string {
  return `  ${version ?? ''} ${value === null ? '' : number(value)}`;
}
