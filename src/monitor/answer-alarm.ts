import { isMlregError } from '../core/errors.ts';
import { formatReference } from '../core/versions/reference.ts';
import type { Version } from '../core/versions/version.ts';
import type { Registry } from '../registry/registry.ts';
import { rollback } from '../registry/stages/rollback.ts';
import { walkStack } from '../registry/stages/rollback-target.ts';
import { alarmedVersions } from './alarm-record.ts';
import type { Alarm, AlarmRollback, Trend } from './monitoring.ts';

/**
 * Returns the stage to the last holder that never had an alarm, as `mlreg rollback` does. Nothing
 * moves if the stage was moved after the alarm was recorded (`event`): that is the answer to it. An
 * attempt that fails before the move can be repeated.
 */
export async function rollBackOnAlarm(
  registry: Registry,
  trend: Trend,
  { alarm, event }: { alarm: Alarm; event: number },
): Promise<AlarmRollback> {
  const { name, stage } = trend;
  const { version: from, reason } = alarm;
  const pointer = await registry.metadata.pointer(name, stage);
  const [move] = await registry.metadata.events({
    model: name,
    stage,
    actions: ['promote', 'demote', 'rollback'],
    limit: 1,
  });
  const stays = (why: string): AlarmRollback => ({ from, to: null, event: null, why });
  if (move === undefined || move.seq > event || pointer.version !== from)
    return stays(`${stage} was moved after this alarm, which is never answered twice`);
  const alarmed = await alarmedVersions(registry, trend);
  for (const one of trend.alarms) alarmed.add(one.version);
  const target = await lastWithoutAlarm(registry, pointer, alarmed);
  if (typeof target !== 'string') return stays(target.why);
  try {
    const moved = await rollback(registry, {
      name,
      stage,
      back: { toVersion: target },
      expect: from,
      ifGeneration: pointer.generation,
      message: `monitor: ${reason} (${formatReference(name, from)})`,
    });
    return { from, to: moved.to, event: moved.event?.seq ?? null, why: null };
  } catch (error) {
    if (!isMlregError(error) || error.code === 'INTERRUPTED') throw error;
    return stays(error.message);
  }
}

async function lastWithoutAlarm(
  registry: Registry,
  pointer: Parameters<typeof walkStack>[1],
  alarmed: ReadonlySet<Version>,
): Promise<Version | { why: string }> {
  const refused = new Set<Version>();
  for await (const { version, yanked, deleted } of walkStack(registry, pointer)) {
    if (version === null || version === pointer.version || yanked || deleted) continue;
    if (!alarmed.has(version)) return version;
    refused.add(version);
  }
  return {
    why:
      refused.size === 0
        ? 'there is no earlier holder to return to'
        : `every earlier holder had an alarm, too: ${[...refused].join(', ')}`,
  };
}
