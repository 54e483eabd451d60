import type { ModelName } from '../core/model-name.ts';
import { formatReference, type Reference } from '../core/reference.ts';
import type { StageName } from '../core/stage.ts';
import type { Version } from '../core/version.ts';
import { landAfterRollbacks } from './land-after-rollbacks.ts';
import { authorship, type Registry } from './registry.ts';
import { resolve } from './resolve.ts';

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

/** Marks a version unfit for `latest`, ranges and promotion, with a reason; a `null` reason lifts the mark. */
export async function yank(
  registry: Registry,
  { ref, reason, message }: { ref: Required<Reference>; reason: string | null; message?: string },
): Promise<YankResult> {
  const { name, version } = await resolve(registry, ref);
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

/** The command that takes the holder out of a stage: a rollback, where there is a holder to return to. */
async function wayOut(registry: Registry, name: ModelName, stage: StageName): Promise<string> {
  const pointer = await registry.metadata.pointer(name, stage);
  const before = await landAfterRollbacks(registry, pointer, 1);
  return `mlreg ${before === undefined ? 'demote' : 'rollback'} ${name} --stage ${stage}`;
}
