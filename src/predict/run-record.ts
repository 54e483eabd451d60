import type { Device } from '../core/device.ts';
import { isMlregError } from '../core/errors.ts';
import type { Digest } from '../core/versions/artifact.ts';
import type { VersionRecord } from '../core/versions/version-record.ts';
import { authorship, type Registry } from '../registry/registry.ts';

/** What the history of a version says about a table that it predicted. */
export interface RunRecord {
  /** SHA-256 of the table's bytes as they are stored. */
  data: Digest;
  rows: number;
  rejected: number;
  seconds: number;
  /** What ran the model. */
  device: Device;
  /** The part of the table, such as `2/4`; null: all of it. */
  shard: string | null;
  /** How many keys were kept for labels that come later; null: it was not asked for. */
  kept: number | null;
}

/**
 * Records the run as an event. A registry that cannot be written does not undo what was predicted:
 * then the event is null, and a warning says why.
 */
export async function recordRun(
  registry: Registry,
  { name, version }: VersionRecord,
  { shard, kept, ...run }: RunRecord,
): Promise<{ event: number | null; warnings: string[] }> {
  const details = {
    ...run,
    ...(shard === null ? {} : { shard }),
    ...(kept === null ? {} : { kept }),
  };
  try {
    const { seq } = await registry.metadata.note({
      action: 'predict',
      model: name,
      version,
      stage: null,
      details,
      ...authorship(registry, undefined),
    });
    return { event: seq, warnings: [] };
  } catch (error) {
    if (!isMlregError(error)) throw error;
    return { event: null, warnings: [`the run was not recorded: ${error.message}`] };
  }
}
