import { MlregError } from '../core/errors.ts';
import { formatReference } from '../core/reference.ts';
import type { StageName } from '../core/stage.ts';
import type { VersionRecord } from '../core/version-record.ts';
import type { Registry } from './registry.ts';

/** CONFLICT if the version was yanked or deleted, as it is now: it may have happened since it was resolved. */
export async function refuseUnfit(
  registry: Registry,
  { name, version }: VersionRecord,
  stage: StageName,
): Promise<void> {
  const record = await registry.metadata.version(name, version);
  if (record?.yanked === null && record.deletedAt === null) return;
  const ref = formatReference(name, version);
  throw new MlregError(
    'CONFLICT',
    `${ref} was ${record?.yanked ? 'yanked' : 'deleted'}, so it cannot go to ${stage}${record?.yanked ? `: ${record.yanked.reason}` : ''}`,
    {
      hint: record?.yanked
        ? `promote another version, or lift the yank: mlreg unyank ${ref}`
        : `promote another version: mlreg list ${name}`,
      details: { ref },
    },
  );
}
