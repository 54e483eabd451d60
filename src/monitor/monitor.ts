import { parseMargin } from '../core/text/margin.ts';
import { parseDuration } from '../core/text/units.ts';
import { isMlregError, MlregError } from '../core/errors.ts';
import { formatReference, type StageName } from '../core/versions/reference.ts';
import { authorship, locationText, refuseLostHistory, type Registry } from '../registry/registry.ts';
import { stagePolicy } from '../registry/stored-policy.ts';
import { describeFailure, failureOf, runWith } from '../registry/stages/run-program.ts';
import { recordAlarm } from './alarm-record.ts';
import { rollBackOnAlarm } from './answer-alarm.ts';
import { monitorJson } from './monitor-json.ts';
import { lookAtStage } from './monitor-stage.ts';
import type { MonitorInput, MonitorResult, MonitorSettings } from './monitoring.ts';

export interface MonitorOptions extends MonitorInput {
  /** Only look, whatever the policy says. */
  dryRun?: boolean | undefined;
  /** Called with the program's output as it arrives. */
  onOutput?: ((text: string) => void) | undefined;
}

/**
 * Looks at a stage, and answers an alarm as asked: records it, rolls back, runs a program. All of
 * that is done once for one alarm. Without something to do nothing is written. Rejects as
 * `lookAtStage`.
 */
export async function monitor(registry: Registry, input: MonitorOptions): Promise<MonitorResult> {
  const settings = { ...(await monitorPolicy(registry, input.stage)), ...given(input) };
  const { autoRollback, onAlarm } = settings;
  const trend = await lookAtStage(registry, settings);
  const result: MonitorResult = { ...trend, changed: false, recorded: null, rollback: null, program: null };
  const { alarm } = trend;
  if (alarm === null || input.dryRun === true || (autoRollback !== true && onAlarm === undefined))
    return result;
  await refuseLostHistory(registry);
  const recorded = await recordAlarm(registry, trend, alarm);
  Object.assign(result, { recorded, changed: recorded.isNew });
  if (autoRollback === true) {
    result.rollback = await rollBackOnAlarm(registry, trend, { alarm, event: recorded.event });
    result.changed ||= result.rollback.event !== null;
    const { why } = result.rollback;
    if (why !== null) result.warnings.push(`nothing was rolled back: ${why}`);
  }
  if (onAlarm !== undefined && recorded.isNew) await runOnAlarm(registry, input, result, onAlarm);
  return result;
}

/** What the policy says of watching a stage. */
async function monitorPolicy(registry: Registry, stage: StageName): Promise<MonitorSettings> {
  const { coolDown, loss, ...section } = (await stagePolicy(registry, stage))?.monitor ?? {};
  return {
    ...section,
    ...(coolDown === undefined ? {} : { coolDownMs: parseDuration(coolDown) }),
    ...(loss === undefined ? {} : { loss: parseMargin(loss) }),
  };
}

/** An option that is absent leaves the policy's. */
function given<Options extends object>(options: Options): Options {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Options;
}

async function runOnAlarm(
  registry: Registry,
  { onOutput }: MonitorOptions,
  result: MonitorResult,
  onAlarm: readonly string[],
): Promise<void> {
  const { name, stage, alarm, recorded, rollback } = result;
  if (alarm === null || recorded === null) return;
  const command = [...onAlarm];
  const ended = await runWith(command, {
    stdin: toldOf(result),
    env: {
      MLREG_REGISTRY: locationText(registry),
      MLREG_ACTION: 'alarm',
      MLREG_MODEL: name,
      MLREG_STAGE: stage,
      MLREG_FROM: alarm.version,
      MLREG_TO: rollback?.to ?? alarm.version,
      MLREG_SEQ: String(recorded.event),
    },
    timeoutMs: null,
    signal: registry.signal,
    onOutput,
  });
  result.program = { command, ...ended };
  const how = failureOf(ended);
  if (how === null) return;
  result.warnings.push(describeFailure(command, how, ended));
  try {
    await registry.metadata.note({
      action: 'hook',
      model: name,
      version: alarm.version,
      stage,
      details: { command, event: recorded.event, ...ended },
      ...authorship(registry, how),
    });
  } catch (error) {
    if (!isMlregError(error)) throw error;
    result.warnings.push(`the failure was not recorded: ${error.message}`);
  }
}

/** What `mlreg monitor --json` prints. */
function toldOf(result: MonitorResult): string {
  const { changed, warnings } = result;
  return JSON.stringify({
    schemaVersion: 1,
    command: 'monitor',
    changed,
    ...monitorJson(result),
    warnings,
  });
}

/** The error to exit with; undefined: there is no alarm. */
export function alarmFailure({ name, stage, alarm, rollback }: MonitorResult): MlregError | undefined {
  if (alarm === null) return undefined;
  const { version, reason } = alarm;
  const history = `see what changed: mlreg history ${name} --stage ${stage}`;
  const moved = rollback?.to ?? null;
  const what = `${formatReference(name, version)} in ${stage}: ${reason}`;
  return new MlregError('GATE_FAILED', moved === null ? what : `${what}; rolled back to ${moved}`, {
    hint: moved === null ? `${history}; go back: mlreg rollback ${name} ${stage}` : history,
    details: { version, at: new Date(alarm.at).toISOString() },
  });
}
