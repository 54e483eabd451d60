import type { Json } from '../../api/verb.ts';
import type { monitorVerb } from '../../api/verbs/stages/monitor.ts';
import { monitorJson } from '../../monitor/monitor-json.ts';
import type { MonitorResult } from '../../monitor/monitoring.ts';
import { isoTime } from '../format.ts';
import { monitorMarkdown } from './monitor-markdown.ts';
import { viewOf } from '../view.ts';

export interface Monitored extends MonitorResult {
  /** The report that was written; null: none. */
  html: string | null;
}

export const monitorView = viewOf<Monitored, Json<typeof monitorVerb>, Promise<string>>()({
  json: ({ html, ...result }) => ({ ...monitorJson(result), html }),
  text: async (result, style) => {
    const { monitorText } = await import('./monitor-text.ts');
    return monitorText(result, style);
  },
  plain: ({ windows, alarms }) => {
    const raised = new Set(alarms.map(({ at }) => at));
    return windows.map(({ start, version, value, labels, interval, use }) => [
      isoTime(start).slice(0, 10),
      version ?? '',
      value,
      interval?.low ?? null,
      interval?.high ?? null,
      labels,
      use,
      raised.has(start) ? 'alarm' : '',
    ]);
  },
  markdown: monitorMarkdown,
  quiet: ({ name, alarm }) => (alarm === null ? [] : [`${name}@${alarm.version}`]),
});
