import {
  type ModelName,
  formatReference,
  type Reference,
  type StageName,
} from '../../core/versions/reference.ts';
import type { Version } from '../../core/versions/version.ts';
import type { VersionRecord } from '../../core/versions/version-record.ts';
import { rollbackTarget } from '../stages/rollback-target.ts';
import { authorship, type Registry } from '../registry.ts';
import { requireOne, resolve } from '../resolve.ts';

export interface YankResult {
  ref: string;
  name: ModelName;
  version: Version;
  yanked: boolean;
  changed: boolean;
  /** Stages that point at the version; a yank never moves them. */
  stages: StageName[];
  warnings: string[];
}

/**
 * Marks a version unfit for `latest`, ranges and promotion, with a reason; a `null` reason lifts
 * the mark.
 */
export async function yank(
  registry: Registry,
  { ref, reason, message }: { ref: Required<Reference>; reason: string | null; message?: string },
): Promise<YankResult> {
  const { name, version } = reason === null ? await findYanked(registry, ref) : await resolve(registry, ref);
  const { changed, stages } = await registry.metadata.yank({
    name,
    version,
    reason,
    ...authorship(registry, message),
  });
  const warnings: string[] = [];
  for (const stage of reason === null ? [] : stages)
    warnings.push(`${stage} still points at it: ${await wayOut(registry, name, stage)}`);
  return {
    ref: formatReference(name, version),
    name,
    version,
    yanked: reason !== null,
    changed,
    stages,
    warnings,
  };
}

/**
 * The command that takes the version out of the stage: a rollback if there is an earlier holder to
 * return to.
 */
async function wayOut(registry: Registry, name: ModelName, stage: StageName): Promise<string> {
  const pointer = await registry.metadata.pointer(name, stage);
  const before = await rollbackTarget(registry, pointer, 1);
  return `mlreg ${before === undefined ? 'demote' : 'rollback'} ${name} --stage ${stage}`;
}

const slice = 500;

/**
 * The version whose yank is to be lifted. If several versions have the digest, the highest one that
 * is yanked.
 */
async function findYanked(registry: Registry, ref: Required<Reference>): Promise<VersionRecord> {
  requireOne(ref, 'unyank');
  const found = await resolve(registry, ref);
  if (ref.selector.kind !== 'digest' || found.yanked !== null) return found;
  const { name, artifact } = found;
  for (let below: string | undefined; ;) {
    registry.signal?.throwIfAborted();
    const from = below === undefined ? {} : { below };
    const { rows, next } = await registry.metadata.versions({ name, ...from, limit: slice, yanked: true });
    const hit = rows.find((row) => row.yanked !== null && row.artifact.digest === artifact.digest);
    if (hit !== undefined || next === undefined) return hit ?? found;
    below = next;
  }
}
