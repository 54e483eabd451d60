import type { Direction } from '../core/metadata/metric-direction.ts';
import type { MonitorRule } from '../core/measurements/monitor-rules.ts';
import type { Margin } from '../core/text/margin.ts';
import type { ModelName, StageName } from '../core/versions/reference.ts';
import type { Version } from '../core/versions/version.ts';
import type { Ended } from '../registry/stages/run-program.ts';
import type { Fall } from './fall.ts';
import type { Firing } from './rule.ts';
import type { Every } from './series.ts';

/** How quality is watched; what is absent follows from the policy of the stage, or is the default. */
export interface MonitorSettings {
  /** Name of a metric of evaluations, as in gates: `roc_auc_by_class.cat`. */
  metric?: string | undefined;
  every?: Every | undefined;
  /** Name of the data set (`evaluate --as`). */
  as?: string | undefined;
  rule?: MonitorRule | undefined;
  drops?: number | undefined;
  loss?: Margin | undefined;
  minLabels?: number | undefined;
  coolDownMs?: number | undefined;
  autoRollback?: boolean | undefined;
  /** A program and its arguments. */
  onAlarm?: readonly string[] | undefined;
}

export interface MonitorInput extends MonitorSettings {
  name: ModelName;
  stage: StageName;
  /** How many of the last windows are shown. */
  last: number;
}

/** Settings with everything decided. */
export interface Watching {
  metric: string;
  direction: Direction;
  every: Every;
  as: string | null;
  target: string;
  rule: MonitorRule;
  drops: number;
  loss: Margin;
  minLabels: number;
  coolDownMs: number;
}

/** A day or a week, and what evaluations say of the metric in it. */
export interface Window {
  /** Epoch milliseconds. */
  start: number;
  /** The version that was evaluated; null: there is no evaluation. */
  version: Version | null;
  /** Whether this version held the stage in the window; else it did at another time. */
  held: boolean;
  value: number | null;
  /** The 95% interval of the value; null: unknown. */
  interval: { low: number; high: number } | null;
  labels: number;
  evaluations: number;
  /** Whether the rule sees it, or why not. */
  use: 'used' | 'few labels' | 'none';
}

export interface Alarm {
  /** Start of its window, and of the last one in which the rule still said so. */
  at: number;
  lastAt: number;
  /** The version that was evaluated then. */
  version: Version;
  by: Firing['by'];
  fall: Fall | null;
  falls: Firing['falls'];
  /** In words, without the version. */
  reason: string;
}

/** What is found by looking. */
export interface Trend extends Watching {
  name: ModelName;
  stage: StageName;
  holder: Version;
  /** `few`: there are too few windows for the rule. */
  verdict: 'quiet' | 'alarm' | 'few';
  /** Oldest first, with those without evaluations between. */
  windows: Window[];
  /** Of the windows that are shown, oldest first. */
  alarms: Alarm[];
  /** The one that is going on: of the current holder, and not over. */
  alarm: Alarm | null;
  warnings: string[];
}

export interface MonitorResult extends Trend {
  changed: boolean;
  /** The record of the alarm; null: nothing was to be done, or nothing is wrong. */
  recorded: { id: string; event: number; isNew: boolean } | null;
  /** Null: not asked for, or no alarm. */
  rollback: AlarmRollback | null;
  /** Null: not asked for, or nothing to do. */
  program: ({ command: string[] } & Ended) | null;
}

/** What became of the rollback after an alarm. */
export interface AlarmRollback {
  from: Version;
  /** Null: nothing was moved. */
  to: Version | null;
  /** Sequence number of the move; null: nothing was moved. */
  event: number | null;
  /** Why nothing was moved; null: it was. */
  why: string | null;
}
