import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Chalk } from 'chalk';
import type { MonitorResult } from '../../src/monitor/monitoring.ts';
import { trendPlot } from '../../src/render/monitor/trend-plot.ts';

/** Days of one version with these values. */
function drawn(...values: number[]): string {
  const windows = values.map((value, day) => ({
    start: day * 86_400e3,
    version: '1.0.0',
    value,
    held: true,
  }));
  const result = { windows, alarms: [], alarm: null } as unknown as MonitorResult;
  return trendPlot(result, { color: new Chalk({ level: 0 }), width: 80 } as Parameters<typeof trendPlot>[1]);
}

test('the axis of a share ends at 1, and that of other numbers leaves room', () => {
  assert.match(drawn(0.96, 0.96), /^ *1 │/);
  assert.match(drawn(0.001, 0.5), /^ *0 │/m);
  assert.match(drawn(3, 5), /^ *5\.1 │/);
});
