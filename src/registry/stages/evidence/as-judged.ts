import { judgedActions } from '../../../core/events/event.ts';
import type { ModelName } from '../../../core/versions/reference.ts';
import type { VersionRecord } from '../../../core/versions/version-record.ts';
import type { Version } from '../../../core/versions/version.ts';
import type { Registry } from '../../registry.ts';

/** A version as it is now, and the last event that changed it. */
export interface AsJudged {
  record: VersionRecord;
  /** Sequence number of its last event among `judgedActions`. */
  event: number;
}

/**
 * Reads the event first: a change in between makes the judgement outdated, which is noticed, and
 * not wrong.
 */
export async function readAsJudged(
  registry: Registry,
  name: ModelName,
  version: Version,
): Promise<AsJudged | undefined> {
  const event = await lastJudgedEvent(registry, name, version);
  const record = await registry.metadata.version(name, version);
  return record && { record, event };
}

/** 0 if there is no such event: then the row is wrong. */
export async function lastJudgedEvent(
  { metadata }: Registry,
  model: ModelName,
  version: Version,
): Promise<number> {
  const [last] = await metadata.events({ model, version, actions: judgedActions, limit: 1 });
  return last?.seq ?? 0;
}
