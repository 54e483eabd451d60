import type { MonitorRule } from '../core/measurements/monitor-rules.ts';
import type { Margin } from '../core/text/margin.ts';
import type { SpecialFunctions } from '../stats/special.ts';
import { compareWindows, matters, worsening, type Fall } from './fall.ts';
import { pageHinkley } from './page-hinkley.ts';
import type { MetricNature, UsedWindow } from './series.ts';

export interface Rule {
  name: MonitorRule;
  /** How many falls in a row count; of `default` and `drops`. */
  drops: number;
  /** The smallest fall that matters. */
  loss: Margin;
}

/** How many of the last windows are pooled. */
export const recentWindows = 3;
/** At most how many windows they are compared with, and at least how many. */
export const baselineWindows = 14;
const fewestBaseline = 3;
/** How long before a window its baseline begins at most, so that it is of these times. */
const longestBack = 60;

/** Greatest p-values: with falls in a row, and without. */
const pWithFalls = 1e-3;
const pAlone = 1e-4;

/** Why a rule raises an alarm at a window. */
export interface Firing {
  /** The rule, or the half of the default rule, that said so. */
  by: 'falls' | 'pooled' | 'page-hinkley';
  /** The last windows against the baseline; null: `drops` compares nothing. */
  fall: Fall | null;
  /** The value before the falls and that of the window; null: it is no matter of falls. */
  falls: { count: number; from: number; to: number } | null;
}

/** How many windows a rule must have before it can say anything. */
export function fewestWindows({ name, drops }: Rule): number {
  if (name === 'drops') return drops + 1;
  return name === 'page-hinkley' ? fewestBaseline + 1 : recentWindows + fewestBaseline;
}

/**
 * What the rule says at each window, by this window and those before it; null: nothing. A rule knows
 * no time: windows without enough labels are not among them.
 */
export function applyRule(
  windows: readonly UsedWindow[],
  rule: Rule,
  nature: MetricNature,
  functions: SpecialFunctions,
): (Firing | null)[] {
  if (rule.name === 'page-hinkley') return pageHinkley(windows, rule.loss, nature, functions);
  return windows.map((_, at) => {
    const falls = rule.name === 'pooled' ? null : fallsAt(windows, at, rule, nature);
    if (rule.name === 'drops') return falls && { by: 'falls', fall: null, falls };
    const fall = pooledFall(windows, at, nature, functions);
    if (fall === null) return null;
    if (fall.loss <= 0) return null;
    if (falls !== null && fall.p < pWithFalls) return { by: 'falls', fall, falls };
    if (fall.p < pAlone && matters(fall.loss, fall.baseline, rule.loss))
      return { by: 'pooled', fall, falls: null };
    return null;
  });
}

/** The last windows up to `at` against the baseline; null: there are too few. */
function pooledFall(
  windows: readonly UsedWindow[],
  at: number,
  nature: MetricNature,
  functions: SpecialFunctions,
): Fall | null {
  const split = at + 1 - recentWindows;
  if (split < fewestBaseline) return null;
  const since = firstOfVersion(windows, at);
  // The first windows of a version are compared with those of the versions before it.
  const isNew = since >= fewestBaseline && split - since < baselineWindows;
  const from = isNew
    ? Math.max(0, since - baselineWindows)
    : // Its own first windows: a slow slide does not take them along.
      Math.max(since < fewestBaseline ? 0 : since, at + 1 - longestBack);
  const recent = windows.slice(isNew ? Math.max(split, since) : split, at + 1);
  const baseline = windows.slice(from, Math.min(isNew ? since : split, from + baselineWindows));
  return compareWindows(recent, baseline, nature, functions);
}

/** Where the windows begin that are of the same version as that at `at`, without another between. */
function firstOfVersion(windows: readonly UsedWindow[], at: number): number {
  let first = at;
  while (first > 0 && windows[first - 1]?.version === windows[at]?.version) first--;
  return first;
}

/** The falls in a row that end at a window, if they are enough and matter together. */
function fallsAt(
  windows: readonly UsedWindow[],
  at: number,
  { drops, loss }: Rule,
  nature: MetricNature,
): Firing['falls'] {
  const row = windows.slice(Math.max(0, at - drops), at + 1).map(({ value }) => value);
  const [from] = row;
  const to = row.at(-1);
  if (row.length <= drops || from === undefined || to === undefined) return null;
  const isFalling = row.every((value, index) => {
    const before = row[index - 1];
    return before === undefined || worsening(value, before, nature) > 0;
  });
  if (!isFalling || !matters(worsening(to, from, nature), from, loss)) return null;
  return { count: drops, from, to };
}
