import { MlregError } from '../../core/errors.ts';
import { formatReference } from '../../core/versions/reference.ts';
import type { StageName } from '../../core/events/stage.ts';
import type { VersionRecord } from '../../core/versions/version-record.ts';
import type { Registry } from '../registry.ts';

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
    `cannot promote ${ref} to ${stage}: it is ${record?.yanked ? `yanked: ${record.yanked.reason}` : 'deleted'}`,
    {
      hint: record?.yanked
        ? `promote another version, or run mlreg unyank ${ref}`
        : `promote another version: mlreg list ${name}`,
      details: { ref },
    },
  );
}
