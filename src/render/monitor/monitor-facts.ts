import { formatMargin } from '../../core/text/margin.ts';
import { escapeText } from '../../core/text/quote.ts';
import { formatDuration } from '../../core/text/units.ts';
import { failureOf } from '../../registry/stages/run-program.ts';
import type { MonitorResult } from '../../monitor/monitoring.ts';
import { counted, isoTime } from '../format.ts';

/** `2026-03-01` */
export function dayOf(time: number): string {
  return isoTime(time).slice(0, 10);
}

/** `accuracy by day, data set live`; texts of users are escaped. */
export function aboutSeries({ metric, every, as, target }: MonitorResult): string {
  const set = as === null ? '' : `, data set ${escapeText(as)}`;
  return `${escapeText(metric)} by ${every}${set}, target ${escapeText(target)}`;
}

/** The verdict in one line. */
export function verdictText({ verdict, alarm, alarms, windows, minLabels, every }: MonitorResult): string {
  if (alarm !== null) {
    const until = alarm.lastAt > alarm.at ? ` to ${dayOf(alarm.lastAt)}` : '';
    return `alarm of ${dayOf(alarm.at)}${until}: ${alarm.version}, ${escapeText(alarm.reason)}`;
  }
  const used = windows.filter(({ use }) => use === 'used').length;
  if (verdict === 'few')
    return `too few ${every}s to tell: ${used} with at least ${counted(minLabels, 'label')}`;
  const last = alarms.at(-1);
  const before = last === undefined ? '' : `; the last alarm was of ${dayOf(last.at)}, ${last.version}`;
  return `no alarm in ${counted(used, every)}${before}`;
}

/** What was done about an alarm, a line each. */
export function actionTexts({ stage, rollback, program, recorded }: MonitorResult): string[] {
  const lines: string[] = [];
  if (rollback !== null)
    lines.push(
      rollback.to === null
        ? `nothing was rolled back: ${escapeText(rollback.why ?? '')}`
        : `rolled ${escapeText(stage)} back to ${rollback.to} (event ${rollback.event})`,
    );
  if (program !== null) {
    const how = failureOf(program);
    lines.push(`ran ${escapeText(program.command.join(' '))}${how === null ? '' : `: ${escapeText(how)}`}`);
  }
  if (recorded !== null && !recorded.isNew && program === null && (rollback?.to ?? null) === null)
    lines.push(`acted on before (event ${recorded.event})`);
  return lines;
}

/** What raises an alarm. */
export function ruleText({ rule, drops, loss, minLabels, coolDownMs, every }: MonitorResult): string {
  const least = `by at least ${formatMargin(loss)}`;
  const falls = `${drops} falls in a row ${least}`;
  const pooled = `the last 3 ${every}s together worse ${least}, p < 0.0001`;
  const what = {
    default: `${falls} that the last 3 ${every}s confirm (p < 0.001), or ${pooled}`,
    drops: falls,
    pooled,
    'page-hinkley': `Page-Hinkley, worse ${least}`,
  }[rule];
  return `rule ${rule}: ${what}; at least ${counted(minLabels, 'label')}; cool-down ${formatDuration(coolDownMs)}`;
}
