import type { Kysely } from 'kysely';
import { MlregError } from '../../../core/errors.ts';
import { type ModelName, formatReference } from '../../../core/versions/reference.ts';
import type { Version } from '../../../core/versions/version.ts';
import type { Tables } from '../tables.ts';
import { exactVersion, type VersionRow } from './version-rows.ts';

/**
 * The row of a version that is about to be changed, under the write lock. NOT_FOUND if it does not
 * exist or was deleted, which may have happened since the caller looked.
 */
export async function livingVersion(
  db: Kysely<Tables>,
  name: ModelName,
  version: Version,
): Promise<VersionRow> {
  const row = await exactVersion(db, name, version).executeTakeFirst();
  if (row?.deleted_at === null) return row;
  const ref = formatReference(name, version);
  throw new MlregError(
    'NOT_FOUND',
    row === undefined ? `no version ${ref}` : `${ref} was deleted; nothing was changed`,
    { hint: `mlreg list ${name}`, details: { ref } },
  );
}
