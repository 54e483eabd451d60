import type { MonitorResult, Window } from '../../../monitor/monitoring.ts';
import { markup, nothing, type Markup } from '../../evaluate/html/markup.ts';
import { columnNumber, number } from '../../format.ts';
import { dayOf } from '../monitor-facts.ts';

const [width, height] = [760, 270];
const margin = { left: 56, right: 14, top: 12, bottom: 26 };

/** The windows with their intervals, a colour for each version, and a line where an alarm was. */
export function trendFigure({ windows, alarms, alarm, metric, every }: MonitorResult): Markup {
  const known = windows.flatMap(({ value }) => (value === null ? [] : [value]));
  if (known.length === 0) return markup`<p class="dim">No evaluation.</p>`;
  const baseline = alarm?.fall?.baseline ?? null;
  const ends = windows.flatMap(({ interval }) => (interval === null ? [] : [interval.low, interval.high]));
  const all = [...known, ...ends, ...(baseline === null ? [] : [baseline])];
  const [low, high] = [Math.min(...all), Math.max(...all)];
  const span = high - low || Math.abs(high) || 1;
  const left = (index: number): number =>
    round(margin.left + ((width - margin.left - margin.right) * (index + 0.5)) / windows.length);
  const top = (value: number): number =>
    round(margin.top + (1 - (value - low) / span) * (height - margin.top - margin.bottom));
  const versions = [...new Set(windows.flatMap(({ version }) => version ?? []))];
  const colour = (version: string | null): string =>
    `c${Math.max(0, versions.indexOf(version as never)) % 10}`;
  const raised = new Set(alarms.map(({ at }) => at));
  const ticks = [0, 0.25, 0.5, 0.75, 1].map((share) => low + share * span);
  const shown = columnNumber(ticks);
  const runs = runsOf(windows);
  const bottom = height - margin.bottom;
  const drawn = [
    markup`<g class="grid">${ticks.map((tick) => markup`<path d="M${margin.left} ${top(tick)}H${width - margin.right}"/>`)}</g>`,
    markup`<g class="tick">${ticks.map((tick) => markup`<text x="${margin.left - 6}" y="${top(tick) + 4}" text-anchor="end">${shown(tick)}</text>`)}${datesOf(windows, left, bottom + 17)}</g>`,
    ...runs.map((run) => band(run, left, top)),
    baseline === null
      ? nothing
      : markup`<path class="diagonal" d="M${margin.left} ${top(baseline)}H${width - margin.right}"/>`,
    ...windows.map(({ start }, index) =>
      raised.has(start) ? markup`<path class="alarm" d="M${left(index)} ${margin.top}V${bottom}"/>` : nothing,
    ),
    ...runs.map(
      (run) =>
        markup`<path class="line ${colour(run[0]?.window.version ?? null)}" d="M${run.map(({ index, window }) => `${left(index)} ${top(window.value ?? 0)}`).join('L')}"/>`,
    ),
    ...windows.map(({ value, version, use }, index) =>
      value === null
        ? nothing
        : markup`<g class="dots ${use === 'used' ? colour(version) : 'c7'}"><circle cx="${left(index)}" cy="${top(value)}" r="3"><title>${titleOf(windows[index])}</title></circle></g>`,
    ),
  ];
  const legend = versions.map(
    (version) =>
      markup`<li><svg viewBox="0 0 16 10" aria-hidden="true"><path class="line ${colour(version)}" d="M0 5H16"/></svg>${version}</li>`,
  );
  const base = baseline === null ? '' : `; dashed: the baseline of the alarm, ${number(baseline)}`;
  const caption = `${metric} by ${every} with 95% intervals; grey: too few labels${raised.size === 0 ? '' : '; red: alarm'}${base}`;
  return markup`<figure><div class="scroll latest"><svg class="wide" viewBox="0 0 ${width} ${height}" role="img" aria-label="Trend of ${metric}; its values are in the table below">${drawn}</svg></div><ul class="legend">${legend}</ul><figcaption>${caption}</figcaption></figure>`;
}

interface Placed {
  index: number;
  window: Window;
}

/** Windows of one version without a gap between them. */
function runsOf(windows: readonly Window[]): Placed[][] {
  const runs: Placed[][] = [];
  for (const [index, window] of windows.entries()) {
    if (window.value === null) continue;
    const last = runs.at(-1)?.at(-1);
    const goesOn = last?.index === index - 1 && last.window.version === window.version;
    if (goesOn) runs.at(-1)?.push({ index, window });
    else runs.push([{ index, window }]);
  }
  return runs;
}

function band(
  run: readonly Placed[],
  left: (index: number) => number,
  top: (value: number) => number,
): Markup {
  const known = run.flatMap(({ index, window: { interval } }) =>
    interval === null ? [] : [{ index, ...interval }],
  );
  if (known.length < 2) return nothing;
  const over = known.map(({ index, high }) => `${left(index)} ${top(high)}`);
  const under = known.toReversed().map(({ index, low }) => `${left(index)} ${top(low)}`);
  return markup`<path class="band" d="M${[...over, ...under].join('L')}Z"/>`;
}

/** The first, the last, and some between, with room for each. */
function datesOf(windows: readonly Window[], left: (index: number) => number, y: number): Markup[] {
  const step = Math.max(1, Math.ceil(windows.length / 8));
  return windows.flatMap(({ start }, index) =>
    index % step === 0
      ? [markup`<text x="${left(index)}" y="${y}" text-anchor="middle">${dayOf(start).slice(5)}</text>`]
      : [],
  );
}

function titleOf(window: Window | undefined): string {
  if (window === undefined || window.value === null) return '';
  return `${dayOf(window.start)} ${window.version ?? ''}: ${number(window.value)}, ${window.labels} labels`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
