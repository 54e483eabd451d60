import { code, markdownTable } from '../markdown.ts';
import { columnNumber } from '../format.ts';
import { actionTexts, dayOf } from './monitor-facts.ts';
import type { Monitored } from './monitor-view.ts';

const mostRows = 14;

/** The verdict and the last windows, for a job summary. */
export function monitorMarkdown(result: Monitored): string {
  const { name, stage, holder, verdict, alarm, metric, every, windows, alarms } = result;
  const sign = { quiet: '✅', alarm: '❌', few: '❔' }[verdict];
  const said =
    alarm === null
      ? verdict === 'few'
        ? `Too few ${every}s to tell.`
        : 'No alarm.'
      : `Since ${dayOf(alarm.at)}, ${code(alarm.version)}: ${code(alarm.reason)}.`;
  const shown = windows.slice(-mostRows).toReversed();
  const values = columnNumber(shown.flatMap(({ value }) => (value === null ? [] : [value])));
  const raised = new Set(alarms.map(({ at }) => at));
  const rows = shown.map(({ start, version, value, labels, use }) => [
    dayOf(start),
    version === null ? '' : code(version),
    value === null ? '–' : values(value),
    String(labels),
    raised.has(start) ? 'alarm' : use === 'used' ? '' : use === 'none' ? 'no evaluation' : use,
  ]);
  return [
    `### ${sign} ${code(name)} ${code(stage)} (${code(holder)}): ${verdict === 'few' ? 'too few to tell' : verdict}`,
    [said, ...actionTexts(result).map(code)].join('\n\n'),
    markdownTable([every, 'version', code(metric), 'labels', ''], rows, [2, 3]),
  ].join('\n\n');
}
