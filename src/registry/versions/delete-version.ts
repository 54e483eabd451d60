import { MlregError } from '../../core/errors.ts';
import { type ModelName, formatReference, type Reference } from '../../core/versions/reference.ts';
import type { Version } from '../../core/versions/version.ts';
import { makingRoom } from '../maintain/on-full-disk.ts';
import { authorship, type Registry } from '../registry.ts';
import { requireOne, resolve } from '../resolve.ts';

export interface DeleteResult {
  ref: string;
  name: ModelName;
  version: Version;
  digest: string;
  changed: true;
  warnings: string[];
}

/**
 * Removes a version from every list. Its number is never reused, its events stay, and its bytes
 * stay until garbage collection. CONFLICT while a stage points at it. On a full disk, leftovers of
 * killed processes are removed first, to make room for the new row.
 */
export async function deleteVersion(
  registry: Registry,
  { ref, message }: { ref: Required<Reference>; message?: string },
): Promise<DeleteResult> {
  requireOne(ref, 'delete');
  const { name, version, artifact } = await resolve(registry, ref);
  const exact = formatReference(name, version);
  const children = await registry.metadata.children(name, version);
  const outcome = await makingRoom(registry, ({ metadata }) =>
    metadata.delete({ name, version, ...authorship(registry, message) }),
  );
  if (outcome.outcome === 'held') {
    const [stage = ''] = outcome.stages;
    throw new MlregError('CONFLICT', `${exact} holds ${outcome.stages.join(', ')} and was not deleted`, {
      hint: `move the stage first: mlreg promote ${name}@VERSION --to ${stage}, mlreg rollback ${name} --stage ${stage} or mlreg demote ${name} --stage ${stage}`,
      details: { ref: exact, stages: outcome.stages },
    });
  }
  if (outcome.outcome === 'gone') {
    throw new MlregError('NOT_FOUND', `${exact} was already deleted`, { hint: `mlreg history ${name}` });
  }
  const warnings =
    children.length === 0
      ? []
      : [`${children.join(', ')} still ${children.length === 1 ? 'names' : 'name'} it as a parent`];
  return { ref: exact, name, version, digest: artifact.digest, changed: true, warnings };
}
