import { judgedActions } from '../../core/events/event.ts';
import type { ModelName } from '../../core/versions/model-name.ts';
import type { Version } from '../../core/versions/version.ts';
import type { VersionRecord } from '../../core/versions/version-record.ts';
import type { Registry } from '../registry.ts';

/** A version as it is now, and the last event that it follows from. */
export interface AsJudged {
  record: VersionRecord;
  /** Sequence number of its last event among `judgedActions`. */
  event: number;
}

/** The event is read first: what happens in between makes the judgement stale, not wrong. */
export async function readAsJudged(
  registry: Registry,
  name: ModelName,
  version: Version,
): Promise<AsJudged | undefined> {
  const event = await lastJudgedEvent(registry, name, version);
  const record = await registry.metadata.version(name, version);
  return record && { record, event };
}

/** 0 where there is none: its row cannot be right. */
export async function lastJudgedEvent(
  { metadata }: Registry,
  model: ModelName,
  version: Version,
): Promise<number> {
  const [last] = await metadata.events({ model, version, actions: judgedActions, limit: 1 });
  return last?.seq ?? 0;
}
