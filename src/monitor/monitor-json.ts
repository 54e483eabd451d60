import { formatMargin } from '../core/text/margin.ts';
import { formatDuration } from '../core/text/units.ts';
import type { Alarm, MonitorResult } from './monitoring.ts';

/** The result as JSON has it: times in ISO 8601. Programs that are run on an alarm get it, too. */
export function monitorJson(result: MonitorResult) {
  const {
    changed: _changed,
    warnings: _warnings,
    loss,
    coolDownMs,
    windows,
    alarms,
    alarm,
    ...rest
  } = result;
  return {
    ...rest,
    loss: formatMargin(loss),
    coolDown: formatDuration(coolDownMs),
    windows: windows.map((window) => ({ ...window, start: isoTime(window.start) })),
    alarms: alarms.map(alarmJson),
    alarm: alarm && alarmJson(alarm),
  };
}

function alarmJson(alarm: Alarm) {
  return { ...alarm, at: isoTime(alarm.at), lastAt: isoTime(alarm.lastAt) };
}

function isoTime(time: number): string {
  return new Date(time).toISOString();
}
