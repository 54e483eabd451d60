import type { Window } from '../../../monitor/monitoring.ts';
import { markup, nothing, short, tableOf, type Markup } from '../../evaluate/html/markup.ts';
import { pageOf } from '../../evaluate/html/page.ts';
import { columnNumber, counted, number } from '../../format.ts';
import { actionTexts, aboutSeries, dayOf, ruleText, verdictText } from '../monitor-facts.ts';
import type { Monitored } from '../monitor-view.ts';
import { trendFigure } from './trend-figure.ts';

/** The report of a monitored stage: see `pageOf`. */
export function monitorHtml(result: Monitored, sha256: (text: string) => string): string {
  const { name, stage, holder, verdict } = result;
  const look = verdict === 'alarm' ? 'bad' : verdict === 'quiet' ? 'good' : 'dim';
  const actions = actionTexts(result).map((text) => markup`<p>${short(text)}</p>`);
  const main = markup`<p class="verdict"><span class="${look}">&#9679;</span> ${verdictText(result)}</p>${actions}${cards(result)}
<h2>Trend</h2>${trendFigure(result)}
${alarmsTable(result)}
<h2>Windows</h2>${windowsTable(result)}`;
  return pageOf(
    {
      title: `${name} ${stage}: ${verdict}`,
      heading: `${name} ${stage}`,
      summary: `${aboutSeries(result)}; now ${holder}.`,
      main,
      footer: `Made by mlreg monitor; ${ruleText(result)}.`,
    },
    sha256,
  );
}

function cards({ windows, alarm, metric, every }: Monitored): Markup {
  const used = windows.filter(({ use }) => use === 'used');
  const last = used.at(-1);
  const value = last?.value ?? null;
  const labels = used.reduce((sum, window) => sum + window.labels, 0);
  const shown: [string, string, string][] = [
    [`${short(metric)}, last ${every}`, value === null ? '–' : number(value), last?.version ?? ''],
    ...fallCards(alarm),
    [`${every}s`, String(used.length), counted(labels, 'label')],
  ];
  return markup`<div class="cards">${shown.map(([label, value, below]) => markup`<div class="card"><span>${label}</span><b>${value}</b><span>${below}</span></div>`)}</div>`;
}

function fallCards(alarm: Monitored['alarm']): [string, string, string][] {
  const fall = alarm?.fall ?? null;
  if (alarm === null || fall === null) return [];
  return [
    ['baseline', number(fall.baseline), `at the alarm of ${dayOf(alarm.at)}`],
    ['loss', number(fall.loss, 3), `p ${number(fall.p, 2)}, ${fall.test}`],
  ];
}

function alarmsTable({ alarms }: Monitored): Markup {
  if (alarms.length === 0) return nothing;
  const columns = [{ head: 'from' }, { head: 'to' }, { head: 'version' }, { head: 'reason' }];
  const rows = alarms
    .toReversed()
    .map(({ at, lastAt, version, reason }) => [dayOf(at), dayOf(lastAt), version, reason]);
  return markup`<h2>Alarms</h2>${tableOf('Latest first', columns, rows)}`;
}

function windowsTable({ windows, metric, alarms }: Monitored): Markup {
  const values = columnNumber(windows.flatMap(({ value }) => (value === null ? [] : [value])));
  const raised = new Set(alarms.map(({ at }) => at));
  const columns = [
    { head: 'from' },
    { head: 'version' },
    { head: short(metric), number: true },
    { head: '95% interval' },
    { head: 'labels', number: true },
    { head: '' },
  ];
  const rows = windows.toReversed().map((window) => {
    const { start, version, value, interval, labels } = window;
    return [
      dayOf(start),
      version ?? '',
      value === null ? '–' : values(value),
      interval === null ? '' : `${number(interval.low)} to ${number(interval.high)}`,
      labels,
      [...(raised.has(start) ? ['alarm'] : []), ...notes(window)].join(', '),
    ];
  });
  return tableOf('Latest first', columns, rows);
}

function notes({ use, held, version }: Window): string[] {
  if (use === 'none') return ['no evaluation'];
  return [
    ...(use === 'few labels' ? ['too few labels'] : []),
    ...(held || version === null ? [] : ['did not hold the stage then']),
  ];
}
