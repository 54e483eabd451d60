import { MlregError } from '../core/errors.ts';
import { directionOf, isShareOfRows, leadingMetric } from '../core/measurements/evaluation-metrics.ts';
import { evaluationKind, metricOf, type StoredEvaluation } from '../core/measurements/evaluation.ts';
import type { Directions } from '../core/metadata/metric-direction.ts';
import { quote } from '../core/text/quote.ts';
import type { ModelName, StageName } from '../core/versions/reference.ts';
import type { Version } from '../core/versions/version.ts';
import type { Registry } from '../registry/registry.ts';
import { requireModel, requireStage } from '../registry/resolve.ts';
import { metricDirections } from '../registry/stored-policy.ts';
import { z } from '../stats/interval.ts';
import { specialFunctions } from '../stats/special.ts';
import { alarmsOf, type RaisedAlarm } from './alarms.ts';
import { collectWindows, withGaps, type Tenure, type TimedEvaluation } from './collect-windows.ts';
import type { Alarm, MonitorInput, Trend, Watching, Window } from './monitoring.ts';
import { applyRule, fewestWindows } from './rule.ts';
import { sayFiring } from './say-firing.ts';
import { lengthMs, type UsedWindow } from './series.ts';

/** How many evaluations and moves of the stage are read, newest first. */
const mostRead = 5000;
const pageLength = 250;
const mostMoves = 1000;

/**
 * The trend of the saved evaluations of a stage's holders, and what the rule says of it. NOT_FOUND
 * if the stage is empty or its holders were never evaluated; INVALID_INPUT for a metric that they
 * lack, or if one of several data sets must be named.
 */
export async function lookAtStage(registry: Registry, input: MonitorInput): Promise<Trend> {
  const { name, stage } = input;
  await requireModel(registry, name);
  await requireStage(registry, stage);
  const { version: holder } = await registry.metadata.pointer(name, stage);
  if (holder === null) throw emptyStage(name, stage);
  const tenures = await tenuresOf(registry, name, stage);
  const read = await readEvaluations(registry, name);
  const chosen = chooseDataSet(read.evaluations, input, new Set([holder, ...tenures.map(versionOf)]));
  const watching = decide(input, chosen, await metricDirections(registry));
  const windows = collectWindows(chosen.evaluations, {
    ...watching,
    isShare: isShareOfRows(watching.metric),
    tenures,
    holder,
  });
  const alarms = await findAlarms(windows, watching);
  const shown = withGaps(windows, watching.every, input.last);
  const used = windows.filter(({ use }) => use === 'used');
  const alarm = goingOn(alarms.at(-1), { holder, last: used.at(-1), watching });
  const isFew = used.length < fewestWindows({ ...watching, name: watching.rule });
  return {
    name,
    stage,
    holder,
    ...watching,
    verdict: alarm !== null ? 'alarm' : isFew ? 'few' : 'quiet',
    windows: shown,
    alarms: alarms.filter(({ at }) => at >= (shown[0]?.start ?? 0)),
    alarm,
    warnings: [...read.warnings, ...chosen.warnings, ...warningsOf(windows, watching, registry.now())],
  };
}

const versionOf = ({ version }: Tenure): Version => version;

async function findAlarms(windows: readonly Window[], watching: Watching): Promise<Alarm[]> {
  const used = windows.flatMap((window): UsedWindow[] => {
    const { start, version, value, labels, use, interval } = window;
    if (use !== 'used' || value === null || version === null) return [];
    return [{ start, version, value, labels, error: interval && (interval.high - interval.low) / (2 * z) }];
  });
  const nature = { direction: watching.direction, isShare: isShareOfRows(watching.metric) };
  const rule = { name: watching.rule, drops: watching.drops, loss: watching.loss };
  const firings = applyRule(used, rule, nature, await specialFunctions());
  const starts = used.map(({ start }) => start);
  return alarmsOf(firings, starts, watching.coolDownMs).map(({ at, lastAt, firing }: RaisedAlarm): Alarm => {
    const { by, fall, falls } = firing;
    const { start = 0, version = '' } = used[at] ?? {};
    const reason = sayFiring(firing, watching);
    return {
      at: start,
      lastAt: starts[lastAt] ?? start,
      version: version as Version,
      by,
      fall,
      falls,
      reason,
    };
  });
}

/** It goes on while the rule says so, and for the cool-down; with another holder it is over. */
function goingOn(
  alarm: Alarm | undefined,
  { holder, last, watching }: { holder: Version; last: Window | undefined; watching: Watching },
): Alarm | null {
  if (alarm === undefined || last === undefined || alarm.version !== holder) return null;
  const isRecent = last.start - alarm.at < watching.coolDownMs;
  return isRecent || alarm.lastAt === last.start ? alarm : null;
}

/** Who held the stage when, oldest first. */
async function tenuresOf({ metadata }: Registry, name: ModelName, stage: StageName): Promise<Tenure[]> {
  const moves = await metadata.events({
    model: name,
    stage,
    actions: ['promote', 'demote', 'rollback'],
    limit: mostMoves,
  });
  return moves
    .map(({ to, at }, index) => ({ version: to, from: at, to: moves[index - 1]?.at ?? Infinity }))
    .filter((tenure): tenure is Tenure => tenure.version !== null)
    .toReversed();
}

/** All of a model that can be read and have a time, newest first. */
async function readEvaluations(
  { metadata }: Registry,
  name: ModelName,
): Promise<{ evaluations: TimedEvaluation[]; warnings: string[] }> {
  const evaluations: TimedEvaluation[] = [];
  let unreadable = 0;
  for (let before: number | undefined, read = 0; read < mostRead;) {
    const page = await metadata.measurements(evaluationKind, {
      model: name,
      ...(before === undefined ? {} : { before }),
      limit: pageLength,
    });
    for (const { result, version, at } of page.rows) {
      const time = result === undefined ? Number.NaN : timeOf(result, at);
      if (result === undefined || Number.isNaN(time)) unreadable += 1;
      else evaluations.push({ version, time, result });
    }
    read += page.rows.length;
    before = page.next;
    if (before === undefined) break;
  }
  const warnings =
    unreadable === 0 ? [] : [`${unreadable} saved evaluations cannot be read: run mlreg verify`];
  return { evaluations, warnings };
}

function timeOf({ asOf }: StoredEvaluation, at: number): number {
  return asOf === null ? at : Date.parse(asOf);
}

interface Chosen {
  as: string | null;
  task: StoredEvaluation['task'];
  target: string;
  evaluations: TimedEvaluation[];
  warnings: string[];
}

/** Evaluations of one data set, with the task and the target of the newest one. */
function chooseDataSet(
  all: readonly TimedEvaluation[],
  { name, stage, as }: MonitorInput,
  holders: ReadonlySet<Version>,
): Chosen {
  const ofHolders = all.filter(({ version }) => holders.has(version));
  const sets = [...new Set(ofHolders.map(({ result }) => result.as))];
  const [only = null] = sets;
  const set = as ?? (sets.length === 1 ? only : null);
  const ofSet = ofHolders.filter(({ result }) => result.as === set);
  const [newest] = ofSet;
  if (newest === undefined) throw noEvaluation(name, stage, sets, as);
  const { task, data } = newest.result;
  const evaluations = ofSet.filter(
    ({ result }) => result.task === task && result.data.target === data.target,
  );
  const others = ofSet.length - evaluations.length;
  const warnings =
    others === 0 ? [] : [`${others} evaluations are left out: their target is not ${quote(data.target)}`];
  return { as: set, task, target: data.target, evaluations, warnings };
}

function decide(input: MonitorInput, chosen: Chosen, directions: Directions): Watching {
  const metric = input.metric ?? leadingMetric(chosen.task).name;
  if (chosen.evaluations.every(({ result }) => typeof metricOf(result.metrics, metric) !== 'number'))
    throw noMetric(metric, chosen);
  const [name = ''] = metric.split('.');
  const direction = (Object.hasOwn(directions, metric) ? directions[metric] : undefined) ?? directionOf(name);
  const every = input.every ?? 'day';
  return {
    metric,
    direction,
    every,
    as: chosen.as,
    target: chosen.target,
    rule: input.rule ?? 'default',
    drops: input.drops ?? 3,
    // Errors have the unit of the target.
    loss:
      input.loss ??
      (direction === 'higher' ? { kind: 'absolute', by: 0.01 } : { kind: 'relative', by: 0.05 }),
    minLabels: input.minLabels ?? 30,
    coolDownMs: input.coolDownMs ?? 7 * lengthMs[every],
  };
}

/** Windows after which an evaluation is overdue. */
const overdueAfter = 3;

function warningsOf(windows: readonly Window[], { every, metric }: Watching, now: number): string[] {
  const last = windows.at(-1);
  const warnings: string[] = [];
  if (last !== undefined && now - last.start > (overdueAfter + 1) * lengthMs[every])
    warnings.push(`the last evaluation is of ${new Date(last.start).toISOString().slice(0, 10)}`);
  const few = windows.filter(({ use }) => use === 'few labels').length;
  if (few > 0) warnings.push(`${few} windows have too few labels for ${metric} to count: see --min-labels`);
  return warnings;
}

function emptyStage(name: ModelName, stage: StageName): MlregError {
  return new MlregError('NOT_FOUND', `${stage} of ${name} is empty`, {
    hint: `promote a version: mlreg promote ${name}@VERSION --to ${stage}`,
  });
}

function noEvaluation(
  name: ModelName,
  stage: StageName,
  sets: readonly (string | null)[],
  as: string | undefined,
): MlregError {
  const names = sets.filter((set) => set !== null);
  if (as === undefined && names.length > 0)
    return new MlregError('INVALID_INPUT', `evaluations of ${name} are of several data sets`, {
      hint: `choose one: ${names.map((set) => `--as ${set}`).join(', ')}`,
    });
  const of = as === undefined ? '' : ` as ${quote(as)}`;
  return new MlregError('NOT_FOUND', `no version that held ${stage} of ${name} has a saved evaluation${of}`, {
    hint: `mlreg evaluate ${name}@${stage} --data FILE --target COLUMN --save${as === undefined ? '' : ` --as ${as}`}`,
  });
}

function noMetric(metric: string, { evaluations }: Chosen): MlregError {
  const names = Object.entries(evaluations[0]?.result.metrics ?? {}).flatMap(([name, value]) =>
    typeof value === 'number' ? [name] : [],
  );
  return new MlregError('INVALID_INPUT', `no evaluation has the metric ${quote(metric)}`, {
    hint: `use ${names.slice(0, 12).join(', ')}`,
  });
}
